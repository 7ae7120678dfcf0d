"""Runs: creation, status, names, tags, params, lifecycle."""

from __future__ import annotations

import json
import re

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import RestException

from tests.conformance.mlflow.wire import Wire, pairs

UNKNOWN = "0" * 32


def test_create_answers_the_whole_run(wire: Wire, experiment: str) -> None:
    tags = [{"key": "k", "value": "v"}]
    run = wire.post(
        "runs/create", experiment_id=experiment, user_id="ann", run_name="first", start_time=123, tags=tags
    )
    info, data = run["run"]["info"], run["run"]["data"]
    assert re.fullmatch(r"[0-9a-f]{32}", info["run_id"])
    assert info["run_uuid"] == info["run_id"]
    assert info["experiment_id"] == experiment
    assert info["run_name"] == "first"
    assert info["user_id"] == "ann"
    assert info["status"] == "RUNNING"
    assert info["start_time"] == 123
    assert "end_time" not in info
    assert info["lifecycle_stage"] == "active"
    assert info["artifact_uri"].endswith(f"/{info['run_id']}/artifacts")
    assert pairs(data["tags"]) == {"k": "v", "mlflow.runName": "first"}
    assert "metrics" not in data
    assert "params" not in data


def test_artifact_uri_lies_under_the_experiment(wire: Wire, experiment: str, run: str) -> None:
    location = wire.get("experiments/get", experiment_id=experiment)["experiment"]["artifact_location"]
    assert wire.run(run)["info"]["artifact_uri"] == f"{location}/{run}/artifacts"


def test_nameless_run_gets_a_name_and_its_tag(wire: Wire, run: str) -> None:
    found = wire.run(run)
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", found["info"]["run_name"])
    assert pairs(found["data"]["tags"])["mlflow.runName"] == found["info"]["run_name"]


def test_name_from_the_tag(wire: Wire, experiment: str) -> None:
    run = wire.create_run(experiment, tags=[{"key": "mlflow.runName", "value": "by-tag"}])
    assert wire.run(run)["info"]["run_name"] == "by-tag"


def test_name_and_other_name_in_the_tag_are_refused(wire: Wire, experiment: str) -> None:
    tags = [{"key": "mlflow.runName", "value": "b"}]
    wire.invalid("runs/create", experiment_id=experiment, run_name="a", tags=tags)


def test_create_in_an_unknown_experiment_is_not_found(wire: Wire) -> None:
    wire.missing("runs/create", experiment_id="999999999")


def test_unknown_run_is_not_found_in_every_call(wire: Wire) -> None:
    wire.refused("GET", "runs/get", 404, "RESOURCE_DOES_NOT_EXIST", params={"run_id": UNKNOWN})
    wire.missing("runs/update", run_id=UNKNOWN, status="FINISHED")
    wire.missing("runs/delete", run_id=UNKNOWN)
    wire.missing("runs/restore", run_id=UNKNOWN)
    wire.missing("runs/log-metric", run_id=UNKNOWN, key="k", value=1.0, timestamp=1)
    wire.missing("runs/log-parameter", run_id=UNKNOWN, key="k", value="v")
    wire.missing("runs/set-tag", run_id=UNKNOWN, key="k", value="v")
    wire.missing("runs/delete-tag", run_id=UNKNOWN, key="k")
    wire.missing("runs/log-batch", run_id=UNKNOWN, tags=[{"key": "k", "value": "v"}])


def test_get_answers_under_the_old_name_too(wire: Wire, run: str) -> None:
    assert wire.get("runs/get", run_uuid=run)["run"]["info"]["run_id"] == run
    wire.post("runs/set-tag", run_uuid=run, key="old", value="1")
    assert pairs(wire.run(run)["data"]["tags"])["old"] == "1"


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED", "SCHEDULED", "RUNNING"])
def test_update_status_and_end(wire: Wire, run: str, status: str) -> None:
    info = wire.post("runs/update", run_id=run, status=status, end_time=456)["run_info"]
    assert (info["status"], info["end_time"]) == (status, 456)
    assert wire.run(run)["info"] == info


def test_update_keeps_what_it_does_not_name(wire: Wire, run: str) -> None:
    name = wire.run(run)["info"]["run_name"]
    wire.post("runs/update", run_id=run, status="FINISHED", end_time=456)
    wire.post("runs/update", run_id=run, run_name="renamed")
    found = wire.run(run)["info"]
    assert found["run_name"] == "renamed" != name
    assert (found["status"], found["end_time"]) == ("FINISHED", 456)


def test_rename_rewrites_the_tag_and_the_tag_renames(wire: Wire, run: str) -> None:
    wire.post("runs/update", run_id=run, run_name="renamed")
    assert pairs(wire.run(run)["data"]["tags"])["mlflow.runName"] == "renamed"
    wire.post("runs/set-tag", run_id=run, key="mlflow.runName", value="again")
    assert wire.run(run)["info"]["run_name"] == "again"


def test_delete_hides_refuses_writes_and_restore_undoes(wire: Wire, experiment: str, run: str) -> None:
    wire.post("runs/delete", run_id=run)
    assert wire.run(run)["info"]["lifecycle_stage"] == "deleted"
    assert wire.post("runs/search", experiment_ids=[experiment]) == {}
    message = wire.invalid("runs/log-metric", run_id=run, key="k", value=1.0, timestamp=1)
    assert "must be in the 'active' state" in message
    wire.invalid("runs/log-parameter", run_id=run, key="k", value="v")
    wire.invalid("runs/set-tag", run_id=run, key="k", value="v")
    wire.invalid("runs/update", run_id=run, status="FINISHED")
    wire.invalid("runs/log-batch", run_id=run, metrics=[{"key": "k", "value": 1, "timestamp": 1, "step": 0}])
    wire.post("runs/restore", run_id=run)
    assert wire.run(run)["info"]["lifecycle_stage"] == "active"
    wire.post("runs/set-tag", run_id=run, key="k", value="v")


def test_search_by_lifecycle(wire: Wire, experiment: str) -> None:
    kept, gone = wire.create_run(experiment), wire.create_run(experiment)
    wire.post("runs/delete", run_id=gone)

    def found(view: str) -> set[str]:
        runs = wire.post("runs/search", experiment_ids=[experiment], run_view_type=view).get("runs", [])
        return {row["info"]["run_id"] for row in runs}

    assert found("ACTIVE_ONLY") == {kept}
    assert found("DELETED_ONLY") == {gone}
    assert found("ALL") == {kept, gone}


def test_params_are_written_once(wire: Wire, run: str) -> None:
    wire.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    wire.post("runs/log-parameter", run_id=run, key="lr", value="0.1")
    message = wire.invalid("runs/log-parameter", run_id=run, key="lr", value="0.2")
    assert "Changing param values is not allowed" in message
    assert pairs(wire.run(run)["data"]["params"]) == {"lr": "0.1"}


def test_params_keep_text_exactly(client: MlflowClient, run: str) -> None:
    values = {
        "empty": "",
        "spaces": "  a b ",
        "unicode": "Ωμέγα 🪐",
        "lines": "a\nb\tc",
        "quote": 'it\'s "x" \\ %_',
    }
    for key, value in values.items():
        client.log_param(run, key, value)
    assert client.get_run(run).data.params == values


def test_tags_are_overwritten_and_deleted(wire: Wire, client: MlflowClient, run: str) -> None:
    client.set_tag(run, "phase", "one")
    client.set_tag(run, "phase", "two Ω")
    assert client.get_run(run).data.tags["phase"] == "two Ω"
    client.delete_tag(run, "phase")
    assert "phase" not in client.get_run(run).data.tags
    wire.missing("runs/delete-tag", run_id=run, key="phase")


def test_client_gets_the_code_of_a_refusal(client: MlflowClient) -> None:
    with pytest.raises(RestException) as refusal:
        client.get_run(UNKNOWN)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_inputs_are_idempotent(wire: Wire, run: str) -> None:
    dataset = {
        "name": "d",
        "digest": "abc",
        "source_type": "local",
        "source": "{}",
        "schema": "{}",
        "profile": "{}",
    }
    tags = [{"key": "mlflow.data.context", "value": "train"}]
    for _ in range(2):
        wire.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": tags}])
    inputs = wire.run(run)["inputs"]["dataset_inputs"]
    assert len(inputs) == 1
    assert inputs[0]["dataset"] == dataset
    assert pairs(inputs[0]["tags"]) == {"mlflow.data.context": "train"}


def test_datasets_of_experiments(wire: Wire, experiment: str, run: str) -> None:
    dataset = {"name": "d", "digest": "abc", "source_type": "local", "source": "{}"}
    tags = [{"key": "mlflow.data.context", "value": "train"}]
    wire.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": tags}])
    answer = wire.post("/ajax-api/2.0/mlflow/experiments/search-datasets", experiment_ids=[experiment])
    expected = {"experiment_id": experiment, "name": "d", "digest": "abc", "context": "train"}
    assert answer["dataset_summaries"] == [expected]


def test_legacy_log_model_appends_to_the_tag(wire: Wire, run: str) -> None:
    model = json.dumps({"run_id": run, "artifact_path": "m", "utc_time_created": "2013-01-01", "flavors": {}})
    wire.post("runs/log-model", run_id=run, model_json=model)
    assert '"artifact_path": "m"' in pairs(wire.run(run)["data"]["tags"])["mlflow.log-model.history"]


def test_resume_by_id(client: MlflowClient, experiment: str, run: str) -> None:
    client.set_terminated(run)
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run(run_id=run):
        mlflow.log_metric("again", 1.0)
    found = client.get_run(run)
    assert found.info.status == "FINISHED"
    assert found.data.metrics == {"again": 1.0}
