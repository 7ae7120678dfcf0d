"""Servers and supervisors are killed in a loop under jobs: each job ends exactly once, for the right cause."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.crash_loop import LAST_NUMBER, CrashLoop
from tests.faults.harness import Server

JOBS = 20
SHORT_SECONDS = 8.0
LONG_SECONDS = 30.0
LONG_ROUNDS = 10
ROUND_SECONDS = 300


@pytest.mark.parametrize("victims", ["server", "supervisors"])
def test_each_job_ends_once_when_they_are_killed_in_a_loop(
    server: Server, tmp_path: Path, chance: random.Random, long: bool, victims: str
) -> None:
    server.start()
    for number in range(LONG_ROUNDS if long else 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        server.data = folder / "data"
        server.stop()
        server.start()
        loop = CrashLoop(server, folder, chance, JOBS, LONG_SECONDS if long else SHORT_SECONDS)
        loop.submit()
        loop.run(kill_server=victims == "server", kill_holders=victims == "supervisors")
        loop.check()
        print(dict(loop.tally))
        assert loop.tally["server" if victims == "server" else "supervisor"] > 2


def test_each_job_ends_once_when_numbers_of_processes_come_again(
    tmp_path: Path, chance: random.Random, long: bool
) -> None:
    if not os.access(LAST_NUMBER, os.W_OK):
        pytest.skip(f"needs {LAST_NUMBER}")
    for number in range(LONG_ROUNDS if long else 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        loop = [sys.executable, "-m", "tests.faults.crash_loop", str(folder), str(chance.randrange(1 << 30))]
        size = [str(JOBS), str(LONG_SECONDS if long else SHORT_SECONDS)]
        # The shell stands as the first process of the namespace and takes in those that lost their parents.
        shell = [
            "unshare",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            '"$@"; exit $?',
            "sh",
        ]
        done = subprocess.run(
            [*shell, *loop, *size],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=ROUND_SECONDS,
        )
        assert done.returncode == 0, f"{loop[3:]} {done.stdout}\n{done.stderr}"
        print(done.stdout.strip())
