"""Configured queues: what is refused, what is said, how reasons follow changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.cli.command import Cli, wait_until
from tests.conformance.program import Serving

QUEUES = "{default: {weight: 2}, night: {guaranteed: 0.25, limit: 0.5, policy: sjf}}"
CONFIGURATION_REFUSED = 2
REASON_SECONDS = 2


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server of two CPUs and two queues."""
    data = tmp_path_factory.mktemp("queues") / "data"
    with Serving(data, env={"ORRERY_CPUS": "2", "ORRERY_QUEUES": QUEUES}) as server:
        yield server


@pytest.fixture
def cli(queued: Serving, project: Path) -> Cli:
    """Commands in the project folder, pointed at the server with queues."""
    return Cli(queued.data, project)


def post(serving: Serving, **fields: Any) -> requests.Response:
    """The answer to a submission that asks for little but what is given."""
    spec: Any = {"name": "a", "command": ["true"], "memory_bytes": 67108864, **fields}
    return requests.post(f"{serving.url}/api/v1/jobs", json=spec, timeout=30)


def test_an_unknown_queue_is_refused_with_those_that_exist(queued: Serving) -> None:
    refused = post(queued, queue="knight")
    assert refused.status_code == requests.codes.bad_request
    error = refused.json()["error"]
    assert error["field"] == "queue"
    assert error["message"] == 'queue: no such queue: expected one of default, night, got "knight"'


def test_a_job_larger_than_its_queue_is_refused_saying_why(queued: Serving) -> None:
    refused = post(queued, queue="night", cpus=1.5)
    assert refused.json()["error"]["code"] == "failed_precondition"
    assert "needs 1.5 CPUs; queue night may hold 1 of 2" in refused.json()["error"]["message"]
    assert post(queued, queue="night", cpus=1).status_code == requests.codes.created


def test_the_cluster_tells_its_queues(queued: Serving, cli: Cli) -> None:
    holder = cli.submit(
        "--no-code", "--queue", "night", "--cpus", "0.5", "--memory", "64MiB", "--", "sleep", "60"
    )
    cli.wait_for(holder, "RUNNING")
    cluster = requests.get(f"{queued.url}/api/v1/cluster", timeout=30).json()
    night = next(queue for queue in cluster["queues"] if queue["name"] == "night")
    assert (night["guaranteed"], night["limit"], night["policy"]) == (0.25, 0.5, "sjf")
    assert night["cpus_used"] >= 0.5
    assert night["jobs_running"] >= 1
    cli.ok("jobs", "cancel", holder)


def test_a_reason_follows_what_changed_within_two_seconds(cli: Cli) -> None:
    asks = ("--no-code", "--cpus", "2", "--memory", "64MiB", "--", "sleep", "60")
    jobs = [cli.submit(*asks)]
    cli.wait_for(jobs[0], "RUNNING")
    jobs += [cli.submit(*asks) for _ in range(2)]
    wait_until(lambda: "position 2" in cli.job(jobs[2])["reason"], seconds=REASON_SECONDS)
    assert f"held by job {jobs[0][:8]}" in cli.job(jobs[2])["reason"]
    cli.ok("jobs", "cancel", jobs[1])
    wait_until(lambda: "position 1" in cli.job(jobs[2])["reason"], seconds=REASON_SECONDS)
    for job in (jobs[2], jobs[0]):
        cli.ok("jobs", "cancel", job)


def test_a_wrong_queue_is_refused_at_the_start(tmp_path: Path, cli: Cli) -> None:
    config = tmp_path / "orrery.yaml"
    config.write_text("queues: {night: {limit: 2}}\n")
    refused = cli.run("serve", "--config", str(config), "--data", str(tmp_path / "other"))
    assert refused.returncode == CONFIGURATION_REFUSED
    expected = "queues.night.limit: expected a fraction of the cluster, above 0 to 1, got 2"
    assert expected in refused.stderr
