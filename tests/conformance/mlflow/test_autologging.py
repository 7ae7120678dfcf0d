"""Automatic logging of the training libraries: a run with its parameters, metrics and a model that loads again.

scikit-learn's is in test_fluent.py. PyTorch's test runs where torch and lightning are installed: their wheels, with the
CUDA libraries that they need even on a machine without a GPU, are 3 GB, too much for every check of a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Run


@pytest.fixture
def logging_to(
    client: MlflowClient, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A fresh experiment that automatic logging goes to, from a folder of its own; off again afterwards."""
    monkeypatch.chdir(tmp_path)
    experiment = mlflow.set_experiment(name)
    yield experiment.experiment_id
    mlflow.autolog(disable=True)


@pytest.fixture
def table() -> tuple[pd.DataFrame, np.ndarray]:
    """Delays that depend on the distance and on the hour."""
    draw = np.random.default_rng(7)
    features = pd.DataFrame({"distance": draw.uniform(100, 3000, 400), "hour": draw.uniform(0, 24, 400)})
    return features, (0.01 * features["distance"] + features["hour"] + draw.normal(0, 0.1, 400)).to_numpy()


def only_run(client: MlflowClient, experiment: str) -> Run:
    (run,) = client.search_runs([experiment])
    assert run.info.status == "FINISHED"
    return run


def only_model(client: MlflowClient, experiment: str) -> LoggedModel:
    (model,) = client.search_logged_models([experiment])
    assert model.status == "READY"
    return model


def predicts(model: LoggedModel, features: pd.DataFrame, expected: np.ndarray) -> None:
    loaded = mlflow.pyfunc.load_model(f"models:/{model.model_id}")
    np.testing.assert_allclose(np.asarray(loaded.predict(features)).ravel(), expected.ravel(), rtol=1e-6)


def test_xgboost(client: MlflowClient, logging_to: str, table: tuple[pd.DataFrame, np.ndarray]) -> None:
    import xgboost

    features, target = table
    mlflow.xgboost.autolog()
    train = xgboost.DMatrix(features, target)
    booster = xgboost.train(
        {"max_depth": 3, "eta": 0.3}, train, 12, evals=[(train, "train")], verbose_eval=False
    )

    run = only_run(client, logging_to)
    assert run.data.params["max_depth"] == "3"
    assert run.data.params["num_boost_round"] == "12"
    history = client.get_metric_history(run.info.run_id, "train-rmse")
    assert [point.step for point in history] == list(range(12))
    assert history[-1].value < history[0].value
    assert run.data.metrics["train-rmse"] == history[-1].value
    assert any(file.path.startswith("feature_importance") for file in client.list_artifacts(run.info.run_id))
    predicts(only_model(client, logging_to), features, booster.predict(train))


def test_lightgbm(client: MlflowClient, logging_to: str, table: tuple[pd.DataFrame, np.ndarray]) -> None:
    import lightgbm

    features, target = table
    mlflow.lightgbm.autolog()
    data = lightgbm.Dataset(features, target)
    params = {"objective": "regression", "metric": "l2", "num_leaves": 7, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(params, data, 15, valid_sets=[data], valid_names=["train"])

    run = only_run(client, logging_to)
    assert run.data.params["num_leaves"] == "7"
    history = client.get_metric_history(run.info.run_id, "train-l2")
    assert [point.step for point in history] == list(range(15))
    assert history[-1].value < history[0].value
    predicts(only_model(client, logging_to), features, np.asarray(booster.predict(features)))


def test_pytorch(client: MlflowClient, logging_to: str, table: tuple[pd.DataFrame, np.ndarray]) -> None:
    torch = pytest.importorskip("torch")
    lightning = pytest.importorskip("lightning")

    class Line(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def forward(self, inputs: object) -> object:
            return self.layer(inputs)

        def training_step(self, batch: tuple[object, object], index: int) -> object:
            inputs, target = batch
            loss = torch.nn.functional.mse_loss(self(inputs), target)
            self.log("loss", loss, on_epoch=True, on_step=False)
            return loss

        def configure_optimizers(self) -> object:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    features, target = table
    scaled = torch.tensor((features / features.max()).to_numpy(), dtype=torch.float32)
    rows = torch.utils.data.TensorDataset(scaled, torch.tensor(target[:, None], dtype=torch.float32))
    mlflow.pytorch.autolog()
    model = Line()
    trainer = lightning.Trainer(max_epochs=3, accelerator="cpu", logger=False, enable_progress_bar=False)
    trainer.fit(model, torch.utils.data.DataLoader(rows, batch_size=50))

    run = only_run(client, logging_to)
    assert run.data.params["optimizer_name"] == "SGD"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert len(history) == 3
    assert history[-1].value < history[0].value
    loaded = mlflow.pytorch.load_model(f"models:/{only_model(client, logging_to).model_id}")
    with torch.no_grad():
        torch.testing.assert_close(loaded(scaled), model(scaled))
