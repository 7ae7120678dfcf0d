"""Twenty jobs live through servers, supervisors and guards that are killed all the time.

    python -m tests.faults.crash_loop FOLDER SEED JOBS SECONDS     in a process namespace of its own: its numbers come again

is the loop over all of them with the numbers of processes used again as soon as they are free.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.harness import Json, Server
from tests.faults.jobs import TERMINAL
from tests.faults.supervisors import Holder, holders, kill, marked

LOST = "lost_with_supervisor"
RETRIES = 2
SETTLE_SECONDS = 60.0
ORPHAN_SECONDS = 5.0
LAST_NUMBER = Path("/proc/sys/kernel/ns_last_pid")
FIRST_FREE_NUMBER = 20

SCRIPT = """
import os, sys, time
path, seconds, code, daemon = sys.argv[1:]
log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
attempt = os.getcwd().split("/")[-2]
os.write(log, f"start {attempt}\\n".encode())
if daemon == "True" and os.fork() == 0:
    os.setsid()
    time.sleep(600)
time.sleep(float(seconds))
os.write(log, f"end {attempt}\\n".encode())
os._exit(int(code))
"""


@dataclass
class Planned:
    """A job, and what was done to it."""

    seconds: float
    exit_code: int
    retries: int
    daemon: bool
    marker: Path
    id: str = ""
    cancelled: bool = False
    struck: dict[int, set[str]] = field(default_factory=dict)  # by attempt: who of its holders was killed


class CrashLoop:
    """Submits jobs, then kills until all have ended. What was killed when is in `plan`."""

    def __init__(
        self, server: Server, folder: Path, chance: random.Random, jobs: int, longest: float
    ) -> None:
        self.server = server
        self.folder = folder
        self.chance = chance
        self.token = f"crash-loop-{uuid.uuid4().hex}"
        self.plan: list[str] = []
        self.began = time.monotonic()
        self.jobs = [self._draw(number, longest) for number in range(jobs)]
        self.tally: Counter[str] = Counter()

    def _draw(self, number: int, longest: float) -> Planned:
        retries = RETRIES if number % 4 == 0 else 0
        return Planned(
            seconds=self.chance.uniform(0.5, longest),
            exit_code=0 if retries else number % 3,
            retries=retries,
            daemon=number % 2 == 0,
            marker=self.folder / f"job{number}",
        )

    def submit(self) -> None:
        """All of them, each under a key."""
        for number, job in enumerate(self.jobs):
            arguments = [str(job.marker), str(job.seconds), str(job.exit_code), str(job.daemon)]
            spec: Json = {
                "name": f"job{number}",
                "command": [sys.executable, "-S", "-E", "-c", SCRIPT, *arguments],
                "cpus": 0.05,
                "memory_bytes": 64 << 20,
                "env": {"CRASH_LOOP": self.token},
                "retries": job.retries,
                "retry_delay_seconds": 0,
            }
            job.id = self.server.ok(
                "POST", "/api/v1/jobs", json=spec, headers={"Idempotency-Key": f"k{number}"}
            )["id"]

    def run(self, kill_server: bool, kill_holders: bool) -> None:
        """Until every job has ended, or is given up."""
        deadline = time.monotonic() + SETTLE_SECONDS
        next_server = next_holder = time.monotonic() + 0.5
        while not self.ended():
            assert time.monotonic() < deadline, self.failure("not all jobs have ended")
            now = time.monotonic()
            if kill_server and now >= next_server:
                self.note("kill server")
                self.server.kill()
                self.server.start()
                self.tally["server"] += 1
                next_server = time.monotonic() + self.chance.uniform(0.2, 3)
            if kill_holders and now >= next_holder:
                self.strike()
                next_holder = time.monotonic() + self.chance.uniform(0.05, 0.4)
            time.sleep(0.05)

    def ended(self) -> bool:
        known = {job["id"]: job["state"] for job in self.server.ok("GET", "/api/v1/jobs?limit=1000")["jobs"]}
        return all(known[job.id] in TERMINAL for job in self.jobs)

    def strike(self) -> None:
        """Kills a supervisor, its guard, or both; now and then a job is cancelled instead."""
        here = holders(self.server.data)
        if not here:
            return
        victim = self.chance.choice(
            sorted(here, key=lambda holder: (holder.job, holder.attempt, holder.is_guard))
        )
        job = next(job for job in self.jobs if job.id == victim.job)
        if self.chance.random() < 0.1:
            self.note(f"cancel {victim.job}")
            reply = self.server.call("POST", f"/api/v1/jobs/{victim.job}/cancel")
            job.cancelled = job.cancelled or reply.status_code == 200
            return
        victims = [victim]
        if self.chance.random() < 0.2:
            victims = [one for one in here if (one.job, one.attempt) == (victim.job, victim.attempt)]
        for one in victims:
            self.strike_one(job, one)

    def strike_one(self, job: Planned, victim: Holder) -> None:
        who = "guard" if victim.is_guard else "supervisor"
        struck = job.struck.setdefault(victim.attempt, set())
        # With both of them gone, what has left the command's session stays: supervisor/README.md.
        if job.daemon and struck and who not in struck:
            return
        if kill(victim, self.server.data):
            self.note(f"kill {who} of attempt {victim.attempt} of {victim.job}")
            struck.add(who)
            self.tally[who] += 1

    def note(self, what: str) -> None:
        self.plan.append(f"{time.monotonic() - self.began:.2f} {what}")

    def failure(self, what: object) -> str:
        """A message with everything that was done."""
        return "\n".join([str(what), *self.plan])

    def check(self) -> None:
        """Each job ended exactly once and for the right cause, each attempt ran at most once, and nothing is left."""
        for job in self.jobs:
            shown = self.server.ok("GET", f"/api/v1/jobs/{job.id}")
            wrong = wrongs(job, shown)
            assert not wrong, self.failure(f"{wrong}: {job} {shown}")
        ends = ends_not_told_once(self.server.data, len(self.jobs))
        assert not ends, self.failure(ends)
        deadline = time.monotonic() + ORPHAN_SECONDS
        while left := marked(self.token):
            assert time.monotonic() < deadline, self.failure(f"left running: {left}")
            time.sleep(0.05)


def wrongs(job: Planned, shown: Json) -> list[str]:
    """What is not as it has to be."""
    wrong = []
    lines = job.marker.read_text().splitlines() if job.marker.exists() else []
    twice = [line for line, count in Counter(lines).items() if count > 1]
    if twice:
        wrong.append(f"ran twice: {twice}")
    states = [transition["state"] for transition in shown["transitions"]]
    if sum(state in TERMINAL for state in states) != 1 or states[-1] not in TERMINAL:
        wrong.append(f"states {states}")
    attempts = shown["attempts"]
    for attempt in attempts:
        wrong += wrongs_of_attempt(job, attempt, lines)
    causes = [attempt.get("cause") for attempt in attempts]
    if any(cause != LOST for cause in causes[:-1]) or len(causes) > 1 + job.retries:
        wrong.append(f"attempts {causes}")
    expected = {
        "exited": "FAILED" if job.exit_code else "SUCCEEDED",
        LOST: "FAILED",
        "cancelled": "CANCELLED",
    }
    state = "CANCELLED" if job.cancelled and causes[-1] == LOST else expected[causes[-1]]
    if shown["state"] != state:
        wrong.append(f"{shown['state']} after {causes}")
    if causes[-1] == LOST and not job.cancelled and len(causes) != 1 + job.retries:
        wrong.append("given up with retries left")
    return wrong


def wrongs_of_attempt(job: Planned, attempt: Json, lines: list[str]) -> list[str]:
    """An attempt whose supervisor lived has its command's own exit code; one that is lost had lost its supervisor."""
    number, cause = attempt["number"], attempt.get("cause")
    killed = "supervisor" in job.struck.get(number, set())
    if cause == "exited":
        whole = {f"start {number}", f"end {number}"} <= set(lines)
        return (
            []
            if whole and attempt.get("exit_code") == job.exit_code
            else [f"attempt {number} did not run whole"]
        )
    if cause == LOST:
        return [] if killed else [f"attempt {number} is lost, and nobody killed its supervisor"]
    if cause == "cancelled":
        return [] if job.cancelled else [f"attempt {number} was cancelled by nobody"]
    return [f"attempt {number}: {cause}"]


def ends_not_told_once(data: Path, jobs: int) -> list[tuple[str, int]]:
    """Jobs with more or less than one event of their end."""
    with sqlite3.connect(f"file:{data}/orrery.db?mode=ro", uri=True, timeout=30) as database:
        told = database.execute(
            "SELECT subject, sum(type IN ('job_succeeded', 'job_failed', 'job_cancelled')) "
            "FROM events WHERE subject LIKE 'job:%' GROUP BY subject"
        ).fetchall()
    assert len(told) == jobs
    return [row for row in told if row[1] != 1]


def use_numbers_again(ending: threading.Event) -> None:
    """Lets the next processes have the lowest numbers that are free."""
    while not ending.wait(0.005):
        LAST_NUMBER.write_text(str(FIRST_FREE_NUMBER))


def main() -> None:
    """The loop over servers and supervisors, numbers used again."""
    folder, seed, jobs, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    ending = threading.Event()
    threading.Thread(target=use_numbers_again, args=(ending,), daemon=True).start()
    with Server(folder / "data") as server:
        server.start()
        loop = CrashLoop(server, folder, random.Random(seed), jobs, seconds)
        loop.submit()
        loop.run(kill_server=True, kill_holders=True)
        loop.check()
        server.stop()
        print(f"{dict(loop.tally)}")
    ending.set()


if __name__ == "__main__":
    main()
