"""Ends the process before, in and after the n-th call on files and database, starts it again and goes on."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.faults.harness import CRASHED_BY_PLAN, REFUSED, UNKNOWN_STATE, Server, UnansweredError, positions
from tests.faults.scenario import FAULTY_JOB_SECONDS, Scenario, sites_of_one
from tests.faults.stored import check_objects, everything, wait_for_usage
from tests.server_process import EndedError

SHORT_POSITIONS = 4
SHORT_START_POSITIONS = 2
LEAST_CRASHES = 25
RECOVERY_SECONDS = 5.0


@pytest.mark.parametrize("action", ["crash-before", "crash-after", "torn:100"])
def test_a_crash_at_any_call_loses_nothing(server: Server, tmp_path: Path, action: str, long: bool) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    server.start_faulty()
    sites = sites_of_one(server, markers)
    crashes = 0
    for position in positions(sites, None if long else SHORT_POSITIONS):
        crashes += crash_one(server, markers, f"{position}={action}")
    check_objects(server)
    assert crashes >= LEAST_CRASHES, "hardly any fault hit"
    wait_for_usage(server)
    server.stop()
    before = everything(server.data)
    server.start_faulty()
    server.stop()
    assert everything(server.data) == before, "another start changes nothing"


@pytest.mark.parametrize("action", ["crash-before", "crash-after", "torn:100", "eio", "enospc", "short"])
def test_a_fault_in_a_first_start_is_got_over(server: Server, action: str, long: bool) -> None:
    root = server.data
    server.data = root / "measured"
    root.mkdir()
    server.start_faulty()
    sites = server.counts()["sites"]
    server.kill()
    ended = 0
    for position in positions(sites, None if long else SHORT_START_POSITIONS):
        server.data = root / position
        plan = f"{position}={action}"
        try:
            server.start_faulty(plan)
            server.kill()
        except EndedError:
            ended += 1
            assert server.running.returncode in (REFUSED, UNKNOWN_STATE, CRASHED_BY_PLAN), plan
        try:
            assert server.start_faulty() < RECOVERY_SECONDS
            server.mlflow("experiments/create", name="after")
        except (AssertionError, UnansweredError) as error:
            raise AssertionError(f"after {plan}: {error}") from error
        server.kill()
    assert ended >= LEAST_CRASHES, "hardly any fault hit"


def crash_one(server: Server, markers: Path, plan: str) -> bool:
    """Runs the scenario into a crash, and on in the next process. Whether it crashed."""
    scenario = Scenario(server, markers)
    with contextlib.suppress(UnansweredError):
        server.plan(plan)
        scenario.go_on()
        scenario.wait_for_job(FAULTY_JOB_SECONDS)
    status = server.exit_status()
    assert status in (None, CRASHED_BY_PLAN), f"{plan}: ended with {status}"
    if status is not None:
        assert server.start_faulty() < RECOVERY_SECONDS, plan
    try:
        server.plan("")
        scenario.check()
        scenario.go_on()
        scenario.check()
    except (AssertionError, UnansweredError) as error:
        raise AssertionError(f"under {plan}, done {scenario.done}: {error}") from error
    return status is not None
