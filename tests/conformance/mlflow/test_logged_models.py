"""Logged models, as the MLflow 3 client writes and reads them."""

from __future__ import annotations

import re

import pytest

from tests.conformance.mlflow.wire import ARTIFACTS, Json, Wire, pairs, unique

UNKNOWN = "m-" + "0" * 32


@pytest.fixture
def model(wire: Wire, experiment: str, run: str) -> Json:
    """A fresh logged model of a run."""
    body = {
        "experiment_id": experiment,
        "name": "net",
        "model_type": "classifier",
        "source_run_id": run,
        "params": [{"key": "lr", "value": "0.1"}],
        "tags": [{"key": "team", "value": "blue"}],
    }
    created: Json = wire.post("logged-models", **body)["model"]
    return created


def test_create(wire: Wire, experiment: str, run: str, model: Json) -> None:
    info = model["info"]
    assert re.fullmatch(r"m-[0-9a-f]{32}", info["model_id"])
    location = wire.get("experiments/get", experiment_id=experiment)["experiment"]["artifact_location"]
    assert info["artifact_uri"] == f"{location}/models/{info['model_id']}/artifacts"
    assert (info["experiment_id"], info["name"], info["source_run_id"]) == (experiment, "net", run)
    assert info["model_type"] == "classifier"
    assert info["status"] in ("LOGGED_MODEL_PENDING", 1)
    assert info["creation_timestamp_ms"] == info["last_updated_timestamp_ms"]
    assert pairs(info["tags"]) == {"team": "blue"}
    assert pairs(model["data"]["params"]) == {"lr": "0.1"}
    assert wire.get(f"logged-models/{info['model_id']}")["model"] == model


def test_nameless_model_gets_a_name(wire: Wire, experiment: str) -> None:
    assert wire.post("logged-models", experiment_id=experiment)["model"]["info"]["name"]


@pytest.mark.parametrize("status", ["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"])
def test_finalize(wire: Wire, model: Json, status: str) -> None:
    model_id = model["info"]["model_id"]
    answer = wire.patch(f"logged-models/{model_id}", model_id=model_id, status=status)
    assert answer["model"]["info"]["status"] == status
    assert wire.get(f"logged-models/{model_id}")["model"]["info"]["status"] == status


def test_tags(wire: Wire, model: Json) -> None:
    model_id = model["info"]["model_id"]
    tags = [{"key": "team", "value": "red"}, {"key": "new", "value": "1"}]
    wire.patch(f"logged-models/{model_id}/tags", model_id=model_id, tags=tags)
    assert pairs(wire.get(f"logged-models/{model_id}")["model"]["info"]["tags"]) == {
        "team": "red",
        "new": "1",
    }
    wire.delete(f"logged-models/{model_id}/tags/new")
    assert pairs(wire.get(f"logged-models/{model_id}")["model"]["info"]["tags"]) == {"team": "red"}
    wire.refused("DELETE", f"logged-models/{model_id}/tags/new", 404, "RESOURCE_DOES_NOT_EXIST", json={})


def test_params_are_added(wire: Wire, model: Json) -> None:
    model_id = model["info"]["model_id"]
    wire.post(f"logged-models/{model_id}/params", model_id=model_id, params=[{"key": "depth", "value": "3"}])
    found = wire.get(f"logged-models/{model_id}")["model"]
    assert pairs(found["data"]["params"]) == {"lr": "0.1", "depth": "3"}


def test_delete(wire: Wire, experiment: str, model: Json) -> None:
    model_id = model["info"]["model_id"]
    wire.delete(f"logged-models/{model_id}")
    wire.refused("GET", f"logged-models/{model_id}", 404, "RESOURCE_DOES_NOT_EXIST")
    assert wire.post("logged-models/search", experiment_ids=[experiment]).get("models", []) == []


def test_unknown_model_is_not_found(wire: Wire) -> None:
    code = "RESOURCE_DOES_NOT_EXIST"
    wire.refused("GET", f"logged-models/{UNKNOWN}", 404, code)
    wire.refused("DELETE", f"logged-models/{UNKNOWN}", 404, code, json={})
    body = {"model_id": UNKNOWN, "status": "LOGGED_MODEL_READY"}
    wire.refused("PATCH", f"logged-models/{UNKNOWN}", 404, code, json=body)


def test_run_remembers_its_outputs(wire: Wire, run: str, model: Json) -> None:
    model_id = model["info"]["model_id"]
    wire.post("runs/outputs", run_id=run, models=[{"model_id": model_id, "step": 7}])
    [output] = wire.run(run)["outputs"]["model_outputs"]
    assert (output["model_id"], output["step"]) == (model_id, 7)


def test_run_remembers_its_model_inputs(wire: Wire, experiment: str, model: Json) -> None:
    reader = wire.create_run(experiment)
    wire.post("runs/log-inputs", run_id=reader, models=[{"model_id": model["info"]["model_id"]}])
    [used] = wire.run(reader)["inputs"]["model_inputs"]
    assert used["model_id"] == model["info"]["model_id"]


def test_metrics_of_a_model(wire: Wire, run: str, model: Json) -> None:
    model_id = model["info"]["model_id"]
    point = {"key": "auc", "value": 0.9, "timestamp": 5, "step": 1}
    wire.post("runs/log-batch", run_id=run, metrics=[point | {"model_id": model_id}])
    wire.post("runs/log-metric", run_id=run, model_id=model_id, **(point | {"key": "loss"}))
    metrics = wire.get(f"logged-models/{model_id}")["model"]["data"]["metrics"]
    assert pairs(metrics) == {"auc": 0.9, "loss": 0.9}
    assert {row["run_id"] for row in metrics} == {run}
    assert pairs(wire.run(run)["data"]["metrics"]) == {"auc": 0.9, "loss": 0.9}


def test_artifacts_of_a_model(wire: Wire, experiment: str, model: Json) -> None:
    model_id = model["info"]["model_id"]
    folder = f"{ARTIFACTS}/{experiment}/models/{model_id}/artifacts"
    wire.ok("PUT", f"{folder}/MLmodel", data=b"flavors: {}")
    wire.ok("PUT", f"{folder}/data/w.bin", data=b"123")
    answer = wire.get(f"logged-models/{model_id}/artifacts/directories")
    assert answer["root_uri"] == model["info"]["artifact_uri"]
    assert sorted(row["path"] for row in answer["files"]) == ["MLmodel", "data"]
    answer = wire.get(f"logged-models/{model_id}/artifacts/directories", artifact_directory_path="data")
    assert [(row["path"], row["file_size"]) for row in answer["files"]] == [("data/w.bin", 3)]
    path = f"/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files"
    reply = wire.call("GET", path, params={"artifact_file_path": "data/w.bin"})
    assert (reply.status_code, reply.content) == (200, b"123")


@pytest.fixture(scope="module")
def three(wire: Wire) -> tuple[str, dict[str, str]]:
    """Models a, b, c of one run: (experiment id, letter by model id)."""
    experiment = wire.post("experiments/create", name=unique("logged"))["experiment_id"]
    run = wire.create_run(experiment)
    names = {}
    for letter, score in (("a", 0.1), ("b", 0.3), ("c", None)):
        body: Json = {"name": f"net-{letter}", "model_type": "t-" + letter, "source_run_id": run}
        body["params"] = [{"key": "lr", "value": letter}]
        body["tags"] = [{"key": "team", "value": letter}]
        model_id = wire.post("logged-models", experiment_id=experiment, **body)["model"]["info"]["model_id"]
        names[model_id] = letter
        if score is not None:
            point = {"key": "auc", "value": score, "timestamp": 1, "step": 0, "model_id": model_id}
            wire.post("runs/log-batch", run_id=run, metrics=[point])
    return experiment, names


def search(wire: Wire, three: tuple[str, dict[str, str]], **query: object) -> str:
    answer = wire.post("logged-models/search", experiment_ids=[three[0]], **query).get("models", [])
    return "".join(three[1][row["info"]["model_id"]] for row in answer)


FILTERS = [
    ("", "abc"),
    ("name = 'net-a'", "a"),
    ("attributes.name LIKE 'net-%'", "abc"),
    ("attributes.name != 'net-a'", "bc"),
    ("attributes.model_type = 't-b'", "b"),
    ("params.lr = 'c'", "c"),
    ("tags.team = 'b'", "b"),
    ("metrics.auc > 0.2", "b"),
    ("metrics.auc <= 0.3 AND name != 'net-b'", "a"),
    ("creation_timestamp > 0", "abc"),
]


@pytest.mark.parametrize(("text", "letters"), FILTERS, ids=[text for text, _ in FILTERS])
def test_search_filter(wire: Wire, three: tuple[str, dict[str, str]], text: str, letters: str) -> None:
    assert "".join(sorted(search(wire, three, filter=text))) == letters


def test_search_order(wire: Wire, three: tuple[str, dict[str, str]]) -> None:
    assert search(wire, three, order_by=[{"field_name": "name", "ascending": True}]) == "abc"
    assert search(wire, three, order_by=[{"field_name": "name", "ascending": False}]) == "cba"
    assert search(wire, three, order_by=[{"field_name": "metrics.auc", "ascending": True}]) == "abc"
    assert search(wire, three, order_by=[{"field_name": "metrics.auc", "ascending": False}]) == "bac"


def test_search_pages(wire: Wire, three: tuple[str, dict[str, str]]) -> None:
    order = [{"field_name": "name", "ascending": True}]
    first = wire.post("logged-models/search", experiment_ids=[three[0]], order_by=order, max_results=2)
    rest = wire.post(
        "logged-models/search",
        experiment_ids=[three[0]],
        order_by=order,
        max_results=2,
        page_token=first["next_page_token"],
    )
    seen = [three[1][row["info"]["model_id"]] for row in first["models"] + rest["models"]]
    assert seen == ["a", "b", "c"]
    assert not rest.get("next_page_token")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nope = 'x'", marks=pytest.mark.differs("answers 500")),
        pytest.param("metrics.auc > 'x'", marks=pytest.mark.differs("answers 500")),
        "params.lr > 'a'",
        "name =",
    ],
)
def test_bad_search_is_400(wire: Wire, three: tuple[str, dict[str, str]], text: str) -> None:
    wire.invalid("logged-models/search", experiment_ids=[three[0]], filter=text)
