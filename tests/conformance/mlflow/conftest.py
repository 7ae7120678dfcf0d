"""Finds or starts the server under test, and points the unmodified MLflow client at it.

ORRERY_URL=http://127.0.0.1:7070          tests a running server
ORRERY_BINARY=build/orrery                otherwise starts this program on a fresh folder
ORRERY_CONFORMANCE_PEER=stock             says that ORRERY_URL is MLflow's own server
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "60"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"

import mlflow
from mlflow import MlflowClient

from tests.conformance.mlflow.wire import Server, Wire, unique
from tests.conformance.program import Serving, binary

TEST_SECONDS = 120
SANITIZED = {"asan", "tsan"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "differs(reason): MLflow's own server behaves otherwise here on purpose of ours; skipped against it",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        item.add_marker(pytest.mark.timeout(TEST_SECONDS))
        mark = item.get_closest_marker("differs")
        if mark and is_stock():
            item.add_marker(pytest.mark.skip(reason=f"stock differs: {mark.args[0]}"))


def is_stock() -> bool:
    return os.environ.get("ORRERY_CONFORMANCE_PEER") == "stock"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server under test."""
    if url := os.environ.get("ORRERY_URL"):
        yield Server(url.rstrip("/"), stock=is_stock())
        return
    with Serving(tmp_path_factory.mktemp("orrery")) as serving:
        sanitized = bool(SANITIZED & set(Path(binary()).parts))
        yield Server(
            serving.url, stock=False, pid=serving.process.pid, data=str(serving.data), sanitized=sanitized
        )
        serving.stop()


@pytest.fixture(scope="session")
def wire(server: Server) -> Wire:
    """MLflow's REST wire to the server under test."""
    return Wire(server)


@pytest.fixture(scope="session")
def client(server: Server) -> MlflowClient:
    """The unmodified MLflow client, also set as the one that `mlflow.*` uses."""
    mlflow.set_tracking_uri(server.url)
    return MlflowClient(server.url)


@pytest.fixture
def name() -> str:
    """A name that nothing on the server has yet."""
    return unique("t")


@pytest.fixture
def experiment(wire: Wire, name: str) -> str:
    """The id of a fresh experiment."""
    experiment_id: str = wire.post("experiments/create", name=name)["experiment_id"]
    return experiment_id


@pytest.fixture
def run(wire: Wire, experiment: str) -> str:
    """The id of a fresh run."""
    return wire.create_run(experiment)
