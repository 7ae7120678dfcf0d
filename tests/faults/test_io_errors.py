"""Fails the n-th call on files and database for n = 1, 2, 3 ..., once and for good, and goes on afterwards."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.faults.harness import UNKNOWN_STATE, Interrupted, Server
from tests.faults.scenario import Scenario
from tests.faults.stored import check_objects

SHORT_POSITIONS = 16
LONG_STRIDE = 1


@pytest.mark.parametrize("sticky", ["", "+"], ids=["once", "for good"])
@pytest.mark.parametrize("action", ["eio", "enospc", "short"])
def test_a_failed_call_is_told_and_leaves_nothing_half_done(
    server: Server, tmp_path: Path, action: str, sticky: str, long: bool
) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    server.start_faulty()
    calls = calls_of_one(server, markers)
    stride = LONG_STRIDE if long else max(1, calls // SHORT_POSITIONS)
    hit = 0
    for nth in range(1, calls + stride, stride):
        hit += sweep_one(server, markers, f"*@{nth}{sticky}={action}")
    check_objects(server)
    server.stop()
    assert hit >= SHORT_POSITIONS // 2, "hardly any fault hit"


def calls_of_one(server: Server, markers: Path) -> int:
    """How many calls the scenario makes."""
    Scenario(server, markers).go_on()  # the first one also warms the caches
    server.plan("")
    scenario = Scenario(server, markers)
    scenario.go_on()
    calls: int = server.counts()["calls"]
    scenario.check()
    return calls


def sweep_one(server: Server, markers: Path, plan: str) -> bool:
    """Runs the scenario under a plan, and on when the fault is over. Whether the plan hit."""
    scenario = Scenario(server, markers)
    with contextlib.suppress(Interrupted):
        server.plan(plan)
        scenario.go_on()
    try:
        hit = server.counts()["hit"]
        server.plan("")
    except Interrupted:
        status = server.exit_status()
        assert status == UNKNOWN_STATE, f"{plan}: ended with {status}: {server.log.read_text()[-3000:]}"
        hit = True
        server.start_faulty()
    try:
        scenario.check()
        scenario.go_on()
        scenario.check()
    except (AssertionError, Interrupted) as error:
        raise AssertionError(f"under {plan}, done {scenario.done}: {error}") from error
    return bool(hit)
