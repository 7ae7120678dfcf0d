"""The flights example as a job runs it: a plain script, told by its environment where to log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import mlflow.sklearn
import pandas as pd
import pytest
from mlflow import MlflowClient

from tests.conformance.mlflow.wire import Server

EXAMPLE = Path(__file__).parents[3] / "examples" / "flights"
PER_EPOCH = {"loss", "val_auc", "val_accuracy", "learning_rate", "samples_per_second"}


@pytest.mark.timeout(600)  # it trains for real
def test_script_logs_into_the_run_that_it_is_given(server: Server, client: MlflowClient, run: str) -> None:
    environment = {**os.environ, "MLFLOW_TRACKING_URI": server.url, "MLFLOW_RUN_ID": run}
    environment.pop("MLFLOW_EXPERIMENT_ID", None)
    command = [sys.executable, str(EXAMPLE / "train.py"), "--epochs", "2", "--hidden", "8", "--seed", "3"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    found = client.get_run(run)
    assert found.info.status == "FINISHED"
    assert {
        "epochs": "2",
        "hidden": "8",
        "seed": "3",
        "dropped_flights": "9430",
    }.items() <= found.data.params.items()
    assert set(found.data.metrics) == PER_EPOCH
    assert found.data.metrics["val_auc"] > 0.7
    assert [point.step for point in client.get_metric_history(run, "val_auc")] == [0, 1]
    assert found.outputs
    [output] = found.outputs.model_outputs
    model = mlflow.sklearn.load_model(f"models:/{output.model_id}")
    assert model.named_steps.keys() == {"encode", "model"}


def test_no_flight_sees_a_delay_before_it_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from flights import recent_delay  # type: ignore[import-not-found]

    rows = [
        ("JFK", 0, 30.0),  # left at 30
        ("JFK", 20, 10.0),  # left at 30 too; nobody had left by 20
        ("JFK", 30, float("nan")),  # a departure in the same minute is not yet known
        ("JFK", 31, 0.0),
        ("LGA", 31, 5.0),  # another airport
        ("JFK", 151, 0.0),  # both of minute 30 are more than two hours old; that of 31 is not
        ("JFK", 400, 0.0),  # none left within two hours
    ]
    frame = pd.DataFrame(rows, columns=["origin", "due_minute", "dep_delay"])
    assert list(recent_delay(frame)) == [0.0, 0.0, 0.0, 20.0, 0.0, 0.0, 0.0]
