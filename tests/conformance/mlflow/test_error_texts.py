"""Refusals in the words that MLflow's clients and their users look for."""

from __future__ import annotations

import pytest

from tests.conformance.mlflow.wire import AJAX, API, Json, Wire

BULK = f"{AJAX}/metrics/get-history-bulk"
INTERVAL = f"{AJAX}/metrics/get-history-bulk-interval"
PROMPT = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("experiments/create", {"name": 123}, "Invalid value 123 for parameter 'name' supplied"),
        (
            "experiments/create",
            {"name": "x", "artifact_location": 9.0},
            "Invalid value 9.0 for parameter 'artifact_location' supplied",
        ),
        ("runs/set-tag", {"run_id": 31, "key": "k"}, "Invalid value 31 for parameter 'run_id' supplied"),
        (
            "runs/log-batch",
            {"run_id": "r", "tags": "foo"},
            "Invalid value \"foo\" for parameter 'tags' supplied",
        ),
        ("experiments/create", {}, "Missing value for required parameter 'name'."),
        (
            "runs/search",
            {"experiment_ids": ["0"], "max_results": 123456789},
            "Invalid value 123456789 for parameter 'max_results' supplied",
        ),
        (
            "experiments/search-datasets",
            {},
            "SearchDatasets request must specify at least one experiment_id.",
        ),
        (
            "experiments/search-datasets",
            {"experiment_ids": [str(number) for number in range(21)]},
            "SearchDatasets request cannot specify more than",
        ),
    ],
)
def test_of_posts(wire: Wire, path: str, body: Json, text: str) -> None:
    whole = f"{AJAX}/{path}" if "datasets" in path else f"{API}/{path}"
    assert text in wire.refused("POST", whole, 400, "INVALID_PARAMETER_VALUE", json=body)


@pytest.mark.parametrize(
    ("target", "query", "text"),
    [
        (BULK, {"metric_key": "k"}, "GetMetricHistoryBulk request must specify at least one run_id"),
        (BULK, {"run_id": ["r"]}, "GetMetricHistoryBulk request must specify a metric_key"),
        (
            BULK,
            {"run_id": ["r"] * 101, "metric_key": "k"},
            "GetMetricHistoryBulk request cannot specify more than",
        ),
        (INTERVAL, {"metric_key": "k"}, "Missing value for required parameter 'run_ids'."),
        (
            INTERVAL,
            {"run_ids": ["r"] * 101, "metric_key": "k"},
            "GetMetricHistoryBulkInterval request must specify at most 100 run_ids.",
        ),
        (
            INTERVAL,
            {"run_ids": ["r"], "metric_key": "k", "max_results": 0},
            "max_results must be between 1 and 2500",
        ),
        (
            INTERVAL,
            {"run_ids": ["r"], "metric_key": "k", "start_step": 2, "end_step": 1},
            "end_step must be greater than start_step.",
        ),
    ],
)
def test_of_histories(wire: Wire, target: str, query: Json, text: str) -> None:
    assert text in wire.refused("GET", target, 400, "INVALID_PARAMETER_VALUE", params=query)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "Request must specify run_uuid."),
        ({"run_uuid": "RUN"}, "Request must specify path."),
        ({"run_uuid": "RUN", "path": "../x"}, "Invalid path"),
        ({"run_uuid": "RUN", "path": "x"}, "Request must specify data."),
    ],
)
def test_of_uploads(wire: Wire, run: str, query: dict[str, str], text: str) -> None:
    given = {key: run if value == "RUN" else value for key, value in query.items()}
    reply = wire.refused("POST", f"{AJAX}/upload-artifact", 400, "INVALID_PARAMETER_VALUE", params=given)
    assert text in reply


def test_of_models(wire: Wire, name: str) -> None:
    query = {"name": name}
    missing = wire.refused("GET", "registered-models/get", 404, "RESOURCE_DOES_NOT_EXIST", params=query)
    assert f"Registered Model with name={name} not found" in missing
    wire.post("registered-models/create", name=name)
    body = {"name": name}
    taken = wire.refused("POST", "registered-models/create", 400, "RESOURCE_ALREADY_EXISTS", json=body)
    assert f"Registered Model (name={name}) already exists" in taken
    query = {"name": name, "version": "7"}
    absent = wire.refused("GET", "model-versions/get", 404, "RESOURCE_DOES_NOT_EXIST", params=query)
    assert f"Model Version (name={name}, version=7) not found" in absent


def test_of_prompts_that_share_names_with_models(wire: Wire, name: str) -> None:
    wire.post("registered-models/create", name=name, tags=PROMPT)
    for tags, text in ((PROMPT, f"Prompt (name={name}) already exists"), ([], "already taken by a prompt")):
        body = {"name": name, "tags": tags}
        reply = wire.call("POST", "registered-models/create", json=body)
        assert reply.status_code == 400
        assert text in reply.json()["message"]


def test_a_run_of_elsewhere_may_be_a_source(wire: Wire, experiment: str, name: str) -> None:
    wire.post("registered-models/create", name=name)
    made = wire.post("model-versions/create", name=name, source="runs:/elsewhere/model", run_id="elsewhere")
    assert made["model_version"]["run_id"] == "elsewhere"
    model = wire.post("logged-models", experiment_id=experiment, source_run_id="elsewhere")["model"]
    assert model["info"]["source_run_id"] == "elsewhere"
