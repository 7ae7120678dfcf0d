"""`orrery logs`: searched, from its last lines on, and whole however often the server goes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving

LINES = 100_000
COUNT = f"""\
import sys, time
for i in range({LINES}):
    print("step", i, flush=i % 1000 == 0)
    if i % 10_000 == 0:
        time.sleep(0.2)
print("ERROR at the end")
"""


@pytest.fixture(scope="module")
def counted(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job that wrote 100,000 numbered lines and one more."""
    cli = Cli(serving.data, tmp_path_factory.mktemp("counted"))
    job: str = cli.json("submit", "--no-code", "--", sys.executable, "-c", COUNT)["id"]
    return job


def test_lines_that_match_are_told_with_their_numbers(cli: Cli, counted: str) -> None:
    assert cli.ok("logs", counted, "--grep", "step 9999[89]") == "99999:step 99998\n100000:step 99999\n"
    assert cli.ok("logs", counted, "--grep", "error", "-i") == f"{LINES + 1}:ERROR at the end\n"
    matches = cli.json("logs", counted, "--grep", "step 1$")["matches"]
    assert matches == [{"line": 2, "offset": 7, "text": "step 1"}]
    nothing = cli.run("logs", counted, "--grep", "no such thing")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "No line matches.\n")
    assert len(cli.ok("logs", counted, "--grep", "").splitlines()) == LINES + 1


def test_a_pattern_that_is_wrong_is_refused_with_the_place(cli: Cli, counted: str) -> None:
    told = cli.refused(2, "logs", counted, "--grep", "step (")
    assert "at character 7: missing )" in told


def test_the_last_lines(cli: Cli, counted: str) -> None:
    expected = "step 99998\nstep 99999\nERROR at the end\n"
    assert cli.ok("logs", counted, "--tail", "3") == expected
    assert cli.ok("logs", counted, "-f", "--tail", "3") == expected
    assert cli.ok("logs", counted, "--tail", "2", "--grep", "step") == "100000:step 99999\n"
    assert "--tail" in cli.refused(2, "logs", counted, "--tail", "0")


@pytest.mark.parametrize("search", [(), ("--grep", "^step ")])
def test_every_line_comes_once_and_in_order_while_servers_come_and_go(
    tmp_path: Path, project: Path, search: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    server = Serving(data)
    cli = Cli(data, project)
    job = cli.submit("--no-code", "--", sys.executable, "-c", COUNT)
    with cli.start("logs", "-f", job, *search) as following:
        assert following.stdout is not None
        got = following.stdout.readline()
        for _ in range(2):
            server.kill()
            server = Serving(data)
        with server:
            rest, told = following.communicate(timeout=100)
    assert following.returncode == 0, told
    numbers = re.findall(r"step (\d+)\n", got + rest)
    assert numbers == [str(i) for i in range(LINES)]
