"""The trash: what MLflow's client deletes can be restored, and goes for good when it is emptied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with Serving(tmp_path_factory.mktemp("trash") / "data", env={"ORRERY_CPUS": "2"}) as server:
        yield server


@pytest.fixture
def cli(serving: Serving, tmp_path: Path) -> Cli:
    return Cli(serving.data, tmp_path)


@pytest.fixture
def client(serving: Serving) -> MlflowClient:
    mlflow.set_tracking_uri(serving.url)
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
    return MlflowClient(serving.url)


def gone(client: MlflowClient, run_id: str) -> bool:
    try:
        client.get_run(run_id)
    except MlflowException as error:
        assert error.error_code == "RESOURCE_DOES_NOT_EXIST"
        return True
    return False


def test_a_run_goes_with_its_points_and_artifacts(client: MlflowClient, cli: Cli) -> None:
    run = client.create_run("0").info.run_id
    client.log_metric(run, "loss", 0.5)
    client.log_text(run, "x" * 4096, "notes.txt")
    client.delete_run(run)
    assert "1 deleted run" in cli.ok("admin", "trash")
    assert cli.json("admin", "trash", "--empty")["runs"] == 0, "it is younger than 30 days"
    assert "1 run, 0 experiments" in cli.ok(
        "admin", "trash", "--empty", "--older-than-days", "0", "--dry-run"
    )
    assert not gone(client, run)
    assert cli.json("admin", "trash", "--empty", "--older-than-days", "0")["bytes"] == 4096
    assert gone(client, run)
    assert client.search_runs(["0"], run_view_type=mlflow.entities.ViewType.ALL) == []


def test_what_a_model_or_a_job_refers_to_stays_and_is_named(client: MlflowClient, cli: Cli) -> None:
    experiment = client.create_experiment("kept")
    registered, job = client.create_run(experiment).info.run_id, ""
    client.log_text(registered, "weights", "model/MLmodel")
    client.create_registered_model("flights")
    client.create_model_version("flights", f"runs:/{registered}/model", registered)
    cli.ok("submit", "--no-code", "--name", "train", "--experiment", "kept", "--", "true")
    job = cli.json("jobs")["jobs"][0]["run_id"]
    client.delete_experiment(experiment)
    text = cli.ok("admin", "trash", "--empty", "--older-than-days", "0")
    assert "2 runs stay" in text
    assert "version 1 of the model flights" in text
    assert "(train)" in text
    assert not gone(client, registered)
    assert not gone(client, job)
    client.delete_registered_model("flights")
    assert cli.json("admin", "trash", "--empty", "--older-than-days", "0")["runs"] == 1
    assert gone(client, registered)


def test_children_follow_their_parent(client: MlflowClient) -> None:
    mlflow.set_experiment("nested")
    with mlflow.start_run() as parent, mlflow.start_run(nested=True) as child:
        pass
    client.delete_run(parent.info.run_id)
    assert client.get_run(child.info.run_id).info.lifecycle_stage == "deleted"
    client.restore_run(parent.info.run_id)
    assert client.get_run(child.info.run_id).info.lifecycle_stage == "active"


def test_an_experiment_goes_and_its_name_is_free(client: MlflowClient, cli: Cli) -> None:
    experiment = client.create_experiment("twice")
    client.create_run(experiment)
    client.delete_experiment(experiment)
    assert cli.json("admin", "trash", "--empty", "--older-than-days", "0")["experiments"] == 1
    assert client.create_experiment("twice") != experiment


def test_days_that_cannot_be_are_refused(cli: Cli) -> None:
    assert "older_than_days" in cli.refused(2, "admin", "trash", "--empty", "--older-than-days", "-1")
    assert "--empty" in cli.refused(2, "admin", "trash", "--dry-run")
