"""The reset that test suites may ask for: there only when the server was started for it, and on loopback alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conformance.mlflow.wire import Server, Wire
from tests.conformance.program import Serving, binary

RESET = "/api/v1/test/reset"

pytestmark = pytest.mark.differs("a call of our own")


@pytest.fixture
def resettable(tmp_path: Path) -> Iterator[Wire]:
    """A server of this test's own that was started for a test suite."""
    with Serving(tmp_path / "data", "--allow-test-reset") as serving:
        yield Wire(Server(serving.url, stock=False))


def reset(url: str) -> requests.Response:
    return requests.post(url + RESET, timeout=60)


def test_a_server_that_was_not_started_for_it_has_no_such_call(wire: Wire, experiment: str) -> None:
    assert reset(wire.server.url).status_code in (404, 405)
    assert wire.get("experiments/get", experiment_id=experiment)["experiment"]["experiment_id"] == experiment


def test_it_leaves_what_a_new_server_has(resettable: Wire) -> None:
    resettable.post("experiments/delete", experiment_id="0")
    made = resettable.post("experiments/create", name="a")["experiment_id"]
    run = resettable.create_run(made)
    resettable.post("runs/log-metric", run_id=run, key="m", value=1, timestamp=1)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{made}/{run}/artifacts/x"
    assert requests.put(resettable.server.url + path, data=b"x", timeout=60).status_code == 200
    resettable.post("registered-models/create", name="m")

    assert reset(resettable.server.url).json() == {"status": "empty"}

    found = resettable.post("experiments/search", max_results=10, view_type="ALL")["experiments"]
    assert [(e["experiment_id"], e["name"], e["lifecycle_stage"]) for e in found] == [
        ("0", "Default", "active")
    ]
    assert resettable.get("registered-models/search") == {}
    assert requests.get(resettable.server.url + path, timeout=60).status_code == 404
    assert resettable.post("experiments/create", name="a")["experiment_id"] == made, (
        "names and ids are free again"
    )
    assert resettable.post("runs/search", experiment_ids=[made, "0"]) == {}


def test_a_server_that_ran_a_job_is_not_emptied(resettable: Wire) -> None:
    job = {"name": "j", "command": ["true"]}
    assert requests.post(resettable.server.url + "/api/v1/jobs", json=job, timeout=60).status_code == 201
    answer = reset(resettable.server.url)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "failed_precondition"
    assert requests.get(resettable.server.url + "/api/v1/jobs", timeout=60).json()["jobs"]


def test_a_foreign_page_cannot_ask_for_it(resettable: Wire) -> None:
    made = resettable.post("experiments/create", name="a")["experiment_id"]
    answer = requests.post(
        resettable.server.url + RESET, headers={"Origin": "http://evil.example"}, timeout=60
    )
    assert answer.status_code == 403
    assert resettable.get("experiments/get", experiment_id=made)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_it_starts_on_loopback_alone(tmp_path: Path, listen: str) -> None:
    command = [binary(), "serve", "--listen", listen, "--data", str(tmp_path / "data"), "--allow-test-reset"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "allow_test_reset" in ended.stderr
    assert not (tmp_path / "data" / "server.json").exists()
