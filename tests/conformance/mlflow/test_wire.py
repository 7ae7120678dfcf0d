"""The rules that hold on every call of MLflow's wire: bodies, spellings, numbers, errors, twin routes."""

from __future__ import annotations

import json

import pytest

from tests.conformance.mlflow.wire import API, Json, Wire, pairs

JSON = {"Content-Type": "application/json"}
UNKNOWN = "0" * 32


def test_health_and_version(wire: Wire) -> None:
    health = wire.call("GET", "/health")
    assert (health.status_code, health.text) == (200, "OK")
    version = wire.call("GET", "/version")
    assert version.status_code == 200
    assert version.text.strip()
    assert not version.text.startswith("{")


def test_server_info(wire: Wire) -> None:
    info = wire.get("/api/3.0/mlflow/server-info")
    assert info["store_type"]
    assert info.get("workspaces_enabled", False) is False


def test_ajax_routes_are_twins(wire: Wire, experiment: str, run: str) -> None:
    assert wire.get("/ajax-api/2.0/mlflow/runs/get", run_id=run)["run"] == wire.run(run)
    wire.post("/ajax-api/2.0/mlflow/runs/set-tag", run_id=run, key="k", value="v")
    assert pairs(wire.run(run)["data"]["tags"])["k"] == "v"
    path = f"mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/f"
    wire.ok("PUT", f"/ajax-api/2.0/{path}", data=b"x")
    assert wire.call("GET", f"/api/2.0/{path}").content == b"x"


def test_error_body(wire: Wire) -> None:
    reply = wire.call("GET", "runs/get", params={"run_id": UNKNOWN})
    assert reply.headers["Content-Type"].startswith("application/json")
    error = reply.json()
    assert error["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert UNKNOWN in error["message"]


def test_unknown_route_is_a_404_that_is_no_json(wire: Wire) -> None:
    reply = wire.call("POST", "runs/fly", json={})
    assert reply.status_code == 404
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "runs/create"), ("POST", "runs/get"), ("DELETE", "runs/search")]
)
def test_wrong_method_is_405(wire: Wire, method: str, path: str) -> None:
    assert wire.call(method, path, json={}).status_code == 405


def test_empty_answers_are_an_empty_object(wire: Wire, experiment: str, run: str) -> None:
    reply = wire.call("POST", "runs/set-tag", json={"run_id": run, "key": "k", "value": "v"})
    assert (reply.status_code, reply.json()) == (200, {})
    assert wire.post("runs/search", experiment_ids=[experiment], filter="tags.none = 'x'") == {}


def test_answers_omit_what_is_unset_and_keep_zeroes(wire: Wire, run: str) -> None:
    wire.post("runs/log-metric", run_id=run, key="m", value=0, timestamp=0, step=0)
    assert wire.run(run)["data"]["metrics"] == [{"key": "m", "value": 0.0, "timestamp": 0, "step": 0}]
    assert "params" not in wire.run(run)["data"]
    assert "end_time" not in wire.run(run)["info"]


def test_int64_are_numbers_in_answers(wire: Wire, experiment: str, run: str) -> None:
    assert isinstance(wire.run(run)["info"]["start_time"], int)
    found = wire.get("experiments/get", experiment_id=experiment)["experiment"]
    assert isinstance(found["creation_time"], int)
    assert isinstance(found["experiment_id"], str)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_body_without_the_json_type_is_400(wire: Wire, run: str, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    body = json.dumps({"run_id": run, "key": "k", "value": "v"}).encode()
    message = wire.refused("POST", "runs/set-tag", 400, "INVALID_PARAMETER_VALUE", data=body, headers=headers)
    assert "k" not in pairs(wire.run(run)["data"]["tags"])
    assert "Content-Type" in message or "application/json" in message


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8"]
)
def test_charset_is_fine(wire: Wire, run: str, content_type: str) -> None:
    body = json.dumps({"run_id": run, "key": "k", "value": "v"})
    wire.ok("POST", "runs/set-tag", data=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize("body", ["", "{", "not json", "[1", '{"run_id": }'])
def test_unreadable_json_is_400(wire: Wire, body: str) -> None:
    wire.refused("POST", "runs/log-metric", 400, "INVALID_PARAMETER_VALUE", data=body, headers=JSON)


def test_json_in_a_json_string_is_decoded_once_more(wire: Wire, run: str) -> None:
    body = json.dumps(json.dumps({"run_id": run, "key": "k", "value": "v"}))
    wire.ok("POST", "runs/set-tag", data=body, headers=JSON)
    assert pairs(wire.run(run)["data"]["tags"])["k"] == "v"


def test_unknown_fields_and_enum_names_are_ignored(wire: Wire, run: str) -> None:
    wire.post("runs/set-tag", run_id=run, key="k", value="v", color="red", nested={"a": [1]})
    info = wire.post("runs/update", run_id=run, status="NOPE", end_time=5)["run_info"]
    assert (info["status"], info["end_time"]) == ("RUNNING", 5)


def test_camel_case_names(wire: Wire, run: str) -> None:
    wire.post("runs/update", run_id=run, endTime=77, runName="camel")
    info = wire.run(run)["info"]
    assert (info["end_time"], info["run_name"]) == (77, "camel")


def test_both_spellings_of_one_field_are_refused(wire: Wire, run: str) -> None:
    wire.invalid("runs/set-tag", run_id=run, runId=run, key="k", value="v")


def test_old_and_new_run_id_that_differ(wire: Wire, run: str) -> None:
    reply = wire.call(
        "POST", "runs/set-tag", json={"run_id": run, "run_uuid": UNKNOWN, "key": "k", "value": "v"}
    )
    if reply.status_code == 200:
        assert pairs(wire.run(run)["data"]["tags"])["k"] == "v"
    else:
        assert reply.status_code == 400


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_bodies_of_every_method(wire: Wire, name: str, method: str) -> None:
    wire.post("registered-models/create", name=name)
    if method == "POST":
        wire.post("registered-models/set-tag", name=name, key="k", value="v")
    elif method == "PATCH":
        wire.patch("registered-models/update", name=name, description="d")
    else:
        wire.delete("registered-models/delete", name=name)


REQUIRED: list[tuple[str, Json, str]] = [
    ("experiments/create", {}, "name"),
    ("experiments/update", {"experiment_id": "0"}, "new_name"),
    ("experiments/delete", {}, "experiment_id"),
    ("experiments/restore", {}, "experiment_id"),
    ("experiments/set-experiment-tag", {"experiment_id": "0", "value": "v"}, "key"),
    ("runs/delete", {}, "run_id"),
    ("runs/restore", {}, "run_id"),
    ("runs/log-metric", {"key": "k", "value": 1, "timestamp": 1}, "run_id"),
    ("runs/log-metric", {"run_id": UNKNOWN, "value": 1, "timestamp": 1}, "key"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "timestamp": 1}, "value"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "value": 1}, "timestamp"),
    ("runs/log-parameter", {"run_id": UNKNOWN, "value": "v"}, "key"),
    ("runs/set-tag", {"run_id": UNKNOWN, "value": "v"}, "key"),
    ("runs/delete-tag", {"run_id": UNKNOWN}, "key"),
    ("runs/log-batch", {"metrics": []}, "run_id"),
    ("runs/log-inputs", {"datasets": []}, "run_id"),
    ("registered-models/create", {}, "name"),
    ("model-versions/create", {"name": "x"}, "source"),
    ("logged-models", {}, "experiment_id"),
]


@pytest.mark.parametrize(
    ("path", "body", "field"), REQUIRED, ids=[f"{path}-{field}" for path, _, field in REQUIRED]
)
def test_missing_field_is_named(wire: Wire, path: str, body: Json, field: str) -> None:
    assert field in wire.invalid(path, **body)


ILL_TYPED: list[tuple[str, Json, str]] = [
    ("experiments/create", {"name": 5}, "name"),
    ("experiments/create", {"name": ["a"]}, "name"),
    ("experiments/create", {"name": "ok", "tags": "x"}, "tags"),
    ("experiments/create", {"name": "ok", "tags": [5]}, "tags"),
    ("experiments/search", {"max_results": "many"}, "max_results"),
    ("experiments/search", {"max_results": 1.5}, "max_results"),
    ("experiments/search", {"max_results": 5, "order_by": "name"}, "order_by"),
    ("runs/create", {"experiment_id": "0", "start_time": "noon"}, "start_time"),
    ("runs/create", {"experiment_id": "0", "start_time": 2**63}, "start_time"),
    ("runs/create", {"experiment_id": {"a": 1}}, "experiment_id"),
    ("runs/search", {"experiment_ids": "0"}, "experiment_ids"),
    ("runs/search", {"experiment_ids": ["0"], "max_results": []}, "max_results"),
    ("runs/search", {"experiment_ids": ["0"], "filter": 5}, "filter"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "value": "many", "timestamp": 1}, "value"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "value": 1, "timestamp": "now"}, "timestamp"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "value": 1, "timestamp": 1, "step": "one"}, "step"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "value": 1, "timestamp": 1, "step": 2**63}, "step"),
    ("runs/log-metric", {"run_id": UNKNOWN, "key": "k", "value": {"a": 1}, "timestamp": 1}, "value"),
    ("runs/log-batch", {"run_id": UNKNOWN, "metrics": {}}, "metrics"),
    ("runs/log-batch", {"run_id": UNKNOWN, "params": [[1]]}, "params"),
]


@pytest.mark.differs("reads many of them as unset, and breaks on others with a 500")
@pytest.mark.parametrize(
    ("path", "body", "field"), ILL_TYPED, ids=[f"{path}-{body}" for path, body, _ in ILL_TYPED]
)
def test_ill_typed_field_is_named(wire: Wire, path: str, body: Json, field: str) -> None:
    assert field in wire.invalid(path, **body)


@pytest.mark.parametrize("body", ["[]", "5", "null", '"text"', "true", "[[1]]"])
def test_body_that_is_no_object_is_400(wire: Wire, body: str) -> None:
    if wire.server.stock:
        assert wire.call("POST", "runs/log-metric", data=body, headers=JSON).status_code >= 400
        return
    wire.refused("POST", "runs/log-metric", 400, "INVALID_PARAMETER_VALUE", data=body, headers=JSON)


@pytest.mark.parametrize("value", [True, False])
def test_booleans(wire: Wire, name: str, run: str, value: bool) -> None:
    wire.post("registered-models/create", name=name)
    for version in "12":
        wire.post("model-versions/create", name=name, source=f"runs:/{run}/m", run_id=run)
        body = {"name": name, "version": version, "stage": "Staging", "archive_existing_versions": value}
        wire.post("model-versions/transition-stage", **body)
    first = wire.get("model-versions/get", name=name, version="1")["model_version"]
    assert first["current_stage"] == ("Archived" if value else "Staging")


def test_two_writes_on_one_connection(wire: Wire, run: str) -> None:
    body = json.dumps({"run_id": run, "key": "k", "value": "v"})
    request = (
        f"POST {API}/runs/set-tag HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{{}}\r\n{body}"
    )
    both = (request.replace("{}", "") + request.replace("{}", "Connection: close\r\n")).encode()
    reply = wire.send(both)
    assert reply.status == 200
