"""Published attacks on servers of this kind, on the routes that the other files do not try: each must be refused."""

from __future__ import annotations

import json
import socket
from urllib.parse import quote, urlsplit

import pytest

from tests.conformance.mlflow.test_paths import NAMES
from tests.conformance.mlflow.wire import AJAX, API, Json, Wire, pairs, unique

CLIENT_ERRORS = range(400, 500)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def version(wire: Wire, name: str, run: str) -> str:
    """The name of a registered model whose version 1 has the run's files."""
    wire.post("registered-models/create", name=name)
    wire.post("model-versions/create", name=name, source=f"runs:/{run}/m", run_id=run)
    return name


@pytest.mark.parametrize("path", NAMES, ids=repr)
def test_paths_of_downloads_and_listings(
    wire: Wire, experiment: str, run: str, version: str, path: str
) -> None:
    model = wire.post("logged-models", experiment_id=experiment)["model"]["info"]["model_id"]
    for target, query in (
        ("/model-versions/get-artifact", {"name": version, "version": "1", "path": path}),
        (f"{AJAX}/logged-models/{model}/artifacts/files", {"artifact_file_path": path}),
        (f"logged-models/{model}/artifacts/directories", {"artifact_directory_path": path}),
    ):
        reply = wire.call("GET", target, params=query)
        assert "root:" not in reply.text
        if wire.server.stock and reply.status_code in (
            200,
            500,
        ):  # lists legal names that are absent as empty
            continue
        assert reply.status_code in CLIENT_ERRORS, f"{target}: {reply.status_code} {reply.text[:200]}"


@pytest.mark.parametrize("path", NAMES, ids=repr)
def test_paths_of_uploads(wire: Wire, experiment: str, run: str, path: str) -> None:
    reply = wire.call("POST", f"{AJAX}/upload-artifact", params={"run_uuid": run, "path": path}, data=b"x")
    if wire.server.stock and reply.status_code in (200, 500):  # stores odd names below the run
        return
    assert reply.status_code in CLIENT_ERRORS
    assert not wire.get("artifacts/list", run_id=run).get("files")


@pytest.mark.parametrize("path", NAMES, ids=repr)
@pytest.mark.parametrize("which", ["upload", "download"])
def test_paths_of_presigned_addresses(wire: Wire, run: str, which: str, path: str) -> None:
    body = {"run_id": run, "path": path}
    reply = wire.call("POST", f"artifacts/presigned-{which}-url", json=body)
    assert reply.status_code in CLIENT_ERRORS, reply.text[:200]
    if which == "download":
        target = f"/api/2.0/mlflow-artifacts/presigned/{quote(path, safe='')}"
        allowed = (*CLIENT_ERRORS, 501, 308) if wire.server.stock else (*CLIENT_ERRORS, 501)
        assert wire.raw("GET", target).status in allowed


@pytest.mark.parametrize("source", ["ftp://h/x", "hdfs://h/x", "data:,x"])
def test_sources_of_other_schemes(wire: Wire, name: str, run: str, source: str) -> None:
    wire.post("registered-models/create", name=name)
    body = {"name": name, "run_id": run, "source": source}
    assert wire.call("POST", "model-versions/create", json=body).status_code in (400, 404)


@pytest.mark.differs("accepts them")
@pytest.mark.parametrize(
    "source", ["dbfs:/etc", "gopher://h/x", "models:/x/../y", "runs:/", "mlflow-artifacts:"]
)
def test_sources_that_only_we_refuse(wire: Wire, name: str, run: str, source: str) -> None:
    wire.post("registered-models/create", name=name)
    assert wire.call(
        "POST", "model-versions/create", json={"name": name, "run_id": run, "source": source}
    ).status_code in (400, 404)


@pytest.mark.differs("accepts it")
def test_a_location_of_another_scheme(wire: Wire, name: str) -> None:
    wire.invalid("experiments/create", name=name, artifact_location="hdfs://host/x")


@pytest.mark.differs("reads the body and ignores the query")
def test_a_query_beside_a_body(wire: Wire, experiment: str, run: str) -> None:
    other = wire.create_run(experiment)
    body = {"run_id": run, "key": "k", "value": "v"}
    assert wire.call("POST", "runs/set-tag", params={"run_id": other}, json=body).status_code == 400
    for one in (run, other):
        assert "k" not in pairs(wire.run(one)["data"].get("tags"))


@pytest.mark.differs("answers 200 without a gateway")
@pytest.mark.parametrize("path", ["../../x", "//evil/", "http://evil.example/", "@evil.example"])
def test_no_way_through_a_gateway(wire: Wire, path: str) -> None:
    reply = wire.call("POST", f"{AJAX}/gateway-proxy", json={"gateway_path": path, "json_data": {}})
    assert reply.status_code in CLIENT_ERRORS


def test_addresses_are_kept_as_text_and_never_fetched(
    wire: Wire, experiment: str, run: str, name: str
) -> None:
    """The listener that they name is this test's: nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        dataset = {"name": "d", "digest": "1", "source_type": "http", "source": json.dumps({"url": address})}
        wire.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": []}])
        wire.post("runs/set-tag", run_id=run, key="mlflow.source.name", value=address)
        wire.post("registered-models/create", name=name, description=f"[x]({address})")
        link = "javascript:alert(1)"
        made = wire.post(
            "model-versions/create",
            name=name,
            source=f"runs:/{run}/m",
            run_id=run,
            run_link=link,
            description=address,
        )["model_version"]
        assert made["run_link"] == link
        found = wire.run(run)["inputs"]["dataset_inputs"][0]["dataset"]
        assert json.loads(found["source"]) == {"url": address}
        with pytest.raises(TimeoutError):
            listener.accept()


def test_graphql_floods(wire: Wire) -> None:
    fields = " ".join(
        f'a{i}: mlflowGetExperiment(input: {{experimentId: "0"}}) {{ experiment {{ name }} }}'
        for i in range(60)
    )
    reply = wire.call("POST", "/graphql", json={"query": f"query {{ {fields} }}"})
    assert reply.status_code in CLIENT_ERRORS or reply.json().get("errors")


@pytest.mark.differs("500")
def test_graphql_without_a_body(wire: Wire) -> None:
    assert wire.raw("GET", "/graphql?query=%7B__typename%7D").status in CLIENT_ERRORS


HUGE = 10_000_000


@pytest.mark.differs("takes names without a limit")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("experiments/create", {"name": "HUGE"}),
        ("experiments/create", {"name": "unique", "artifact_location": "mlflow-artifacts:/HUGE"}),
        ("runs/create", {"experiment_id": "0", "run_name": "HUGE"}),
        ("runs/create", {"experiment_id": "0", "user_id": "HUGE"}),
        ("registered-models/create", {"name": "HUGE"}),
        ("registered-models/create", {"name": "unique", "tags": [{"key": "HUGE", "value": "v"}]}),
        ("logged-models", {"experiment_id": "0", "name": "HUGE"}),
    ],
)
def test_names_of_ten_megabytes(wire: Wire, path: str, body: Json) -> None:
    text = json.dumps(body).replace("HUGE", "a" * HUGE).replace('"unique"', f'"{unique("n")}"')
    reply = wire.call("POST", path, data=text, headers=JSON)
    assert reply.status_code in CLIENT_ERRORS, reply.status_code
    assert len(reply.text) < 10_000, "the answer does not repeat it"


@pytest.mark.differs("stores 0")
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("field", ["timestamp", "step"])
def test_non_finite_literals_are_for_values_alone(wire: Wire, run: str, field: str, literal: str) -> None:
    body = {"run_id": run, "key": "k", "value": 1, "timestamp": 1, "step": 1, field: "LITERAL"}
    text = json.dumps(body).replace('"LITERAL"', literal)
    assert wire.call("POST", "runs/log-metric", data=text, headers=JSON).status_code == 400
    assert wire.history(run, "k") == []


@pytest.mark.differs("has no limit of its own")
def test_a_body_of_chunks_that_never_ends(wire: Wire) -> None:
    address = urlsplit(wire.server.url)
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    head = f"POST {API}/runs/create HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=30) as connection:
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 256:
                connection.sendall(chunk)
                sent += 1
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < 256, "256 MiB were taken"


@pytest.mark.parametrize("route", ["runs/get", "experiments/get"])
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override"])
def test_method_overrides_do_nothing(wire: Wire, experiment: str, run: str, route: str, header: str) -> None:
    query = f"run_id={run}" if route.startswith("runs") else f"experiment_id={experiment}"
    assert wire.raw("GET", f"{API}/{route}?{query}", {header: "DELETE"}).status == 200
    assert wire.run(run)["info"]["lifecycle_stage"] == "active"


@pytest.mark.parametrize(
    "target",
    [
        "//api/2.0/mlflow/runs/get",
        "/API/2.0/mlflow/runs/get",
        "/api/2.0/mlflow/./runs/get",
        "/api/2.0/mlflow/runs/get;x",
    ],
)
def test_other_spellings_of_a_call_reach_no_other_one(wire: Wire, run: str, target: str) -> None:
    plain = wire.raw("GET", f"{API}/runs/get?run_id={run}")
    reply = wire.raw("GET", f"{target}?run_id={run}")
    page = reply.headers.get("content-type", "").startswith("text/html")
    assert reply.status in (400, 404) or reply.body == plain.body or page
