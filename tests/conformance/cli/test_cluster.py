"""`orrery cluster`: the machines, who holds them, and why others wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.conformance.cli.command import Cli, Screen, wait_until


@pytest.fixture
def held(cli: Cli) -> Iterator[tuple[str, str]]:
    """A job that holds 1.5 of the server's two CPUs, and one that waits for them."""
    submit = ("--no-code", "--cpus", "1.5", "--memory", "64MiB")
    holder = cli.submit(*submit, "--name", "holder", "--timeout", "300", "--", "sleep", "100")
    cli.wait_for(holder, "RUNNING")
    waiter = cli.submit(*submit, "--name", "waiter", "--", "true")
    wait_until(lambda: cli.json("cluster")["jobs_waiting"] == 1)
    yield holder, waiter
    for job in (waiter, holder):
        cli.ok("jobs", "cancel", job)
    cli.wait_for(holder, "CANCELLED")


def test_it_tells_who_holds_and_why_others_wait(cli: Cli, held: tuple[str, str]) -> None:
    holder, waiter = held
    text = cli.ok("cluster")
    nodes, queues, running, waiting = text.split("\n\n")
    assert "1.5 of 2" in nodes and "64.0 MiB of" in nodes
    assert "\x1b" not in text
    assert "default" in queues and "75%" in queues
    line = next(line for line in running.splitlines() if line.startswith(holder))
    assert "1.5 CPU, 64.0 MiB" in line and "in 4 min" in line
    line = next(line for line in waiting.splitlines() if waiter in line)
    assert line.split()[0] == "1" and "needs 1.5 CPUs; 0.5 are free" in line
    cluster = cli.json("cluster")
    assert [job["job_id"] for job in cluster["running"]] == [holder]
    assert [job["job_id"] for job in cluster["waiting"]] == [waiter]
    assert "and 1 more wait" in cli.ok("cluster", "--limit", "0")


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_its_tables_fit_the_terminal(cli: Cli, held: tuple[str, str], columns: int) -> None:
    plain = Cli(cli.data, cli.folder, {"NO_COLOR": "1"})
    shown = plain.on_terminal("cluster", columns=columns)
    assert max(map(len, shown.splitlines())) <= columns
    assert held[0] in shown and held[1] in shown
    assert "needs 1.5 CPUs; 0.5 are free, 1.5 held by job" in " ".join(shown.split()), "no reason is cut"
    assert "\u2588" in shown


def test_it_is_drawn_again_until_it_is_interrupted(cli: Cli) -> None:
    screen = Screen(cli, "cluster", "--watch", columns=100)
    screen.read_until("NODE")
    job = cli.submit("--no-code", "--name", "appears", "--", "sleep", "100")
    screen.read_until("appears")
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(timeout=30) == -signal.SIGINT
    cli.ok("jobs", "cancel", job)
    assert "on a terminal" in cli.refused(2, "cluster", "--watch")
