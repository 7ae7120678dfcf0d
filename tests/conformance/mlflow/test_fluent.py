"""What a user's script does: the fluent client, from a run to a registered model that is loaded again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.data.pandas_dataset import from_pandas
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

from tests.conformance.mlflow.wire import unique

REQUIREMENTS = ["scikit-learn"]  # given, so that the client does not load the model once more to find them


@pytest.fixture(autouse=True)
def fresh(client: MlflowClient) -> Iterator[str]:
    """A fresh active experiment for each test."""
    name = unique("fluent")
    mlflow.set_experiment(name)
    yield name
    while mlflow.active_run():
        mlflow.end_run()


def points(count: int = 40) -> tuple[pd.DataFrame, Any]:
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(count, 2)), columns=["x", "y"])
    return features, (features["x"] > 0).to_numpy().astype(int)


def fitted() -> LogisticRegression:
    return LogisticRegression().fit(*points())


def log_model(**options: Any) -> Any:
    features, labels = points()
    signature = infer_signature(features, labels)
    return mlflow.sklearn.log_model(
        fitted(), name="model", signature=signature, pip_requirements=REQUIREMENTS, **options
    )


def test_set_experiment_finds_the_same_one_again(fresh: str) -> None:
    first = mlflow.set_experiment(fresh)
    assert mlflow.set_experiment(fresh).experiment_id == first.experiment_id


def test_run_from_start_to_end(client: MlflowClient) -> None:
    with mlflow.start_run(run_name="whole", tags={"a": "1"}, description="words") as active:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "model": "net"})
        for step in range(3):
            mlflow.log_metrics({"loss": 1.0 / (step + 1), "auc": step}, step=step)
        mlflow.set_tags({"b": "2"})
    run = client.get_run(active.info.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "whole")
    assert run.info.end_time >= run.info.start_time
    assert run.data.params == {"lr": "0.1", "depth": "3", "model": "net"}
    assert run.data.metrics == {"loss": 1.0 / 3, "auc": 2.0}
    assert run.data.tags["mlflow.note.content"] == "words"
    assert {"a": "1", "b": "2"}.items() <= run.data.tags.items()
    assert [point.step for point in client.get_metric_history(run.info.run_id, "loss")] == [0, 1, 2]


def test_failed_run(client: MlflowClient) -> None:
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as active:
        _ = 1 / 0
    assert client.get_run(active.info.run_id).info.status == "FAILED"


def test_run_id_from_the_environment(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = mlflow.get_experiment_by_name(mlflow.set_experiment(unique("env")).name)
    assert experiment
    waiting = client.create_run(experiment.experiment_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", waiting.info.run_id)
    with mlflow.start_run() as active:
        mlflow.log_metric("m", 1)
    assert active.info.run_id == waiting.info.run_id
    assert client.get_run(waiting.info.run_id).info.status == "FINISHED"


def test_asynchronous_logging(client: MlflowClient) -> None:
    with mlflow.start_run() as active:
        for step in range(50):
            mlflow.log_metric("m", step, step=step, synchronous=False)
        mlflow.flush_async_logging()
    assert len(client.get_metric_history(active.info.run_id, "m")) == 50


def test_nested_runs(client: MlflowClient) -> None:
    with mlflow.start_run() as parent:
        children = []
        for index in range(3):
            with mlflow.start_run(nested=True) as child:
                mlflow.log_param("index", index)
                children.append(child.info.run_id)
    found = mlflow.search_runs(
        filter_string=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'", output_format="list"
    )
    assert {run.info.run_id for run in found} == set(children)
    assert client.get_run(children[0]).data.tags["mlflow.parentRunId"] == parent.info.run_id


def test_search_runs_as_a_frame(fresh: str) -> None:
    for lr in (0.1, 0.2, 0.3):
        with mlflow.start_run():
            mlflow.log_param("lr", lr)
            mlflow.log_metric("auc", lr * 2)
    frame = mlflow.search_runs(
        experiment_names=[fresh], filter_string="metrics.auc > 0.3", order_by=["metrics.auc DESC"]
    )
    assert list(frame["params.lr"]) == ["0.3", "0.2"]
    assert list(frame["metrics.auc"]) == [0.6, 0.4]
    assert set(frame["status"]) == {"FINISHED"}
    assert str(frame["start_time"].dtype).startswith("datetime64")


def test_log_input(client: MlflowClient) -> None:
    features, _ = points()
    dataset = from_pandas(features, name="points", source="https://example.com/points.csv")
    with mlflow.start_run() as active:
        mlflow.log_input(dataset, context="training")
        mlflow.log_input(dataset, context="training")
    inputs = client.get_run(active.info.run_id).inputs
    assert inputs
    [used] = inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("points", dataset.digest)
    assert {tag.key: tag.value for tag in used.tags} == {"mlflow.data.context": "training"}
    found = mlflow.search_runs(filter_string="dataset.name = 'points'", output_format="list")
    assert [run.info.run_id for run in found] == [active.info.run_id]


def test_artifacts_of_every_kind(client: MlflowClient, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "n.txt").write_text("note")
    with mlflow.start_run() as active:
        mlflow.log_artifact(str(tmp_path / "notes" / "n.txt"), "single")
        mlflow.log_artifacts(str(tmp_path / "notes"), "all")
        mlflow.log_text("hello", "t.txt")
        mlflow.log_dict({"a": 1}, "d.json")
        mlflow.log_table({"x": [1, 2]}, "table.json")
    root = f"runs:/{active.info.run_id}"
    assert mlflow.artifacts.load_text(f"{root}/t.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"{root}/d.json") == {"a": 1}
    assert Path(mlflow.artifacts.download_artifacts(f"{root}/single/n.txt")).read_text() == "note"
    names = {row.path for row in client.list_artifacts(active.info.run_id)}
    assert names == {"single", "all", "t.txt", "d.json", "table.json"}


def test_log_model_and_load_it(client: MlflowClient) -> None:
    features, _ = points()
    with mlflow.start_run() as active:
        mlflow.log_param("lr", 0.1)
        mlflow.log_metric("auc", 0.9)
        info = log_model()
    model = fitted()
    loaded = mlflow.sklearn.load_model(info.model_uri)
    np.testing.assert_array_equal(loaded.predict(features), model.predict(features))
    by_run = mlflow.pyfunc.load_model(f"runs:/{active.info.run_id}/model")
    np.testing.assert_array_equal(by_run.predict(features), model.predict(features))
    logged = mlflow.get_logged_model(info.model_id)
    assert logged.status == "READY"
    assert logged.source_run_id == active.info.run_id
    assert logged.params["lr"] == "0.1"
    assert {metric.key: metric.value for metric in logged.metrics or []} == {"auc": 0.9}
    outputs = client.get_run(active.info.run_id).outputs
    assert outputs
    [output] = outputs.model_outputs
    assert output.model_id == info.model_id


def test_search_logged_models(fresh: str) -> None:
    with mlflow.start_run():
        info = log_model()
    found = mlflow.search_logged_models(filter_string="name = 'model'", output_format="list")
    assert [model.model_id for model in found] == [info.model_id]


def test_registered_model_by_version_alias_and_latest(client: MlflowClient, name: str) -> None:
    features, _ = points()
    expected = fitted().predict(features)
    for _ in range(2):
        with mlflow.start_run() as active:
            info = log_model(registered_model_name=name)
    client.set_registered_model_alias(name, "champion", "1")
    for reference in ("1", "2", "latest"):
        loaded = mlflow.pyfunc.load_model(f"models:/{name}/{reference}")
        np.testing.assert_array_equal(loaded.predict(features), expected)
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    np.testing.assert_array_equal(loaded.predict(features), expected)
    version = client.get_model_version(name, "2")
    assert (version.run_id, version.source) == (active.info.run_id, f"models:/{info.model_id}")
    assert version.status == "READY"
    assert {str(row.version) for row in client.search_model_versions(f"name = '{name}'")} == {"1", "2"}


def test_register_from_a_run(client: MlflowClient, name: str) -> None:
    with mlflow.start_run() as active:
        log_model()
    version = mlflow.register_model(f"runs:/{active.info.run_id}/model", name, tags={"k": "v"})
    assert str(version.version) == "1"
    assert client.get_model_version(name, "1").tags == {"k": "v"}
    features, _ = points()
    assert len(mlflow.pyfunc.load_model(f"models:/{name}/1").predict(features)) == len(features)


def test_sklearn_autolog(client: MlflowClient) -> None:
    mlflow.sklearn.autolog(log_input_examples=False, silent=True, extra_tags={"auto": "yes"})
    try:
        features, labels = points()
        LogisticRegression(C=0.5).fit(features, labels)
    finally:
        mlflow.sklearn.autolog(disable=True)
    [run] = mlflow.search_runs(output_format="list")
    assert run.info.status == "FINISHED"
    assert run.data.params["C"] == "0.5"
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert run.data.tags["auto"] == "yes"
    assert run.inputs
    assert run.outputs
    assert len(run.inputs.dataset_inputs) == 1
    names = {row.path for row in client.list_artifacts(run.info.run_id)}
    assert "estimator.html" in names
    [output] = run.outputs.model_outputs
    loaded = mlflow.sklearn.load_model(f"models:/{output.model_id}")
    assert loaded.score(features, labels) > 0.9


def test_prompts_are_registered_models(name: str) -> None:
    mlflow.genai.register_prompt(name=name, template="Say {{word}} Ω")
    assert mlflow.genai.load_prompt(f"prompts:/{name}/1").template == "Say {{word}} Ω"
