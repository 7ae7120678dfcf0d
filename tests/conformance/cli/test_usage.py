"""What a job uses is in its run, without a line in its script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from tests.conformance.cli.command import Cli, wait_until
from tests.conformance.program import Serving

# Holds 64 MB, and keeps one CPU busy for longer than the supervisor's first sample takes.
BUSY = """\
import time
held = bytearray(64_000_000)
until = time.monotonic() + 3
while time.monotonic() < until:
    pass
"""


def points(server: Serving, run: str, key: str) -> list[tuple[int, float]]:
    """The (step, value) of a metric, as the MLflow client is told them."""
    history = requests.get(
        f"{server.url}/api/2.0/mlflow/metrics/get-history",
        params={"run_id": run, "metric_key": f"system/{key}"},
        timeout=30,
    ).json()
    return [(int(point["step"]), float(point["value"])) for point in history.get("metrics", [])]


def test_a_script_that_measures_nothing_is_measured(serving: Serving, cli: Cli, project: Path) -> None:
    (project / "busy.py").write_text(BUSY)
    shown = cli.ok("submit", "busy.py")
    assert "system/" not in shown, "the summary has what the script measured"
    run = cli.json("jobs", "--name", "busy.py")["jobs"][0]["run_id"]
    # The last sample is taken at the attempt's end, and recorded soon after it.
    wait_until(lambda: len(points(serving, run, "disk_read_megabytes")) >= 2)
    memory = points(serving, run, "system_memory_usage_megabytes")
    assert memory[0][0] == 0
    assert 64 < memory[0][1] < 400
    busy = points(serving, run, "cpu_utilization_percentage")
    assert max(value for _, value in busy) > 20
    for key in ("disk_read_megabytes", "disk_write_megabytes", "network_receive_megabytes"):
        steps = [step for step, _ in points(serving, run, key)]
        assert steps == list(range(len(steps)))
    assert "system/cpu_utilization_percentage" in cli.ok("runs", "show", run)


def test_samples_of_a_time_without_a_server_are_recorded_later(tmp_path: Path, project: Path) -> None:
    data = tmp_path / "data"
    with Serving(data) as server:
        cli = Cli(data, project)
        job: Any = cli.json("submit", "--no-code", "--detach", "--", "sleep", "4")
        cli.wait_for(job["id"], "RUNNING")
        server.kill()
    with Serving(data) as server:
        cli = Cli(data, project)
        assert cli.wait_for(job["id"], "SUCCEEDED", "FAILED")["state"] == "SUCCEEDED"
        wait_until(lambda: len(points(server, job["run_id"], "disk_read_megabytes")) >= 2)
        steps = [step for step, _ in points(server, job["run_id"], "disk_read_megabytes")]
        assert steps == list(range(len(steps)))
