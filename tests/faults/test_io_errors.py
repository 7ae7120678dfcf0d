"""Fails the n-th call on files and database for n = 1, 2, 3 ..., once and for good, and goes on afterwards."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.faults.harness import UNKNOWN_STATE, Server, UnansweredError, positions
from tests.faults.scenario import FAULTY_JOB_SECONDS, Scenario, sites_of_one
from tests.faults.stored import check_objects

SHORT_POSITIONS = 4
LEAST_HITS = 30


@pytest.mark.parametrize("sticky", ["", "+"], ids=["once", "for good"])
@pytest.mark.parametrize("action", ["eio", "enospc", "short"])
def test_a_failed_call_is_told_and_leaves_nothing_half_done(
    server: Server, tmp_path: Path, action: str, sticky: str, long: bool
) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    server.start_faulty()
    sites = sites_of_one(server, markers)
    hits = 0
    for position in positions(sites, None if long else SHORT_POSITIONS):
        hits += sweep_one(server, markers, f"{position}{sticky}={action}")
    check_objects(server)
    server.stop()
    assert hits >= LEAST_HITS, "hardly any fault hit"


def sweep_one(server: Server, markers: Path, plan: str) -> bool:
    """Runs the scenario under a plan, and on when the fault is over. Whether the plan hit."""
    scenario = Scenario(server, markers)
    with contextlib.suppress(UnansweredError):
        server.plan(plan)
        scenario.go_on()
        scenario.wait_for_job(FAULTY_JOB_SECONDS)
    try:
        hit = server.counts()["hit"]
        server.plan("")
    except UnansweredError:
        status = server.exit_status()
        assert status == UNKNOWN_STATE, f"{plan}: ended with {status}: {server.log.read_text()[-3000:]}"
        hit = True
        server.start_faulty()
    try:
        scenario.check()
        scenario.go_on()
        scenario.check()
    except (AssertionError, UnansweredError) as error:
        raise AssertionError(f"under {plan}, done {scenario.done}: {error}") from error
    return bool(hit)
