"""The wall clock jumps while jobs wait, run and end: nothing but what is written beside events may follow it."""

from __future__ import annotations

import random
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.harness import Json, Server
from tests.faults.jobs import TERMINAL
from tests.faults.preload_control import Preload

HOUR = 3600
TEN_YEARS = 10 * 365 * 24 * HOUR
SHORT_JUMPS = [HOUR, -HOUR, TEN_YEARS, 0]
LONG_JUMPS = 40
BETWEEN_JUMPS = 1.2
SLACK_SECONDS = 15.0
SETTLE_SECONDS = 60.0
# The farthest zones there are, before and behind: a day and two hours lie between them.
ZONES = ["Pacific/Kiritimati", "Pacific/Midway"]


def test_only_records_follow_the_wall_clock(
    server: Server, tmp_path: Path, chance: random.Random, long: bool
) -> None:
    preload = Preload(server)
    jumps = SHORT_JUMPS
    if long:
        jumps = [*(chance.choice([1, -1]) * chance.randrange(TEN_YEARS) for _ in range(LONG_JUMPS)), 0]
    print(f"jumps {jumps}")
    server.start()
    preload.reach_supervisors()
    jobs = Jobs(server, tmp_path)
    length = BETWEEN_JUMPS * (len(jumps) + 1)
    jobs.submit("runs", seconds=length, exit_code=3)
    jobs.submit("times out", seconds=600, timeout=3)
    jobs.submit("is retried", exit_code=1, retries=2)
    waits = jobs.submit("waits", seconds=0.1, cpus=cpus_of(server))
    cancelled = jobs.submit("is cancelled", cpus=cpus_of(server))
    for number, shift in enumerate(jumps):
        time.sleep(BETWEEN_JUMPS)
        preload.set(shift=shift)
        short = jobs.submit(f"short {number}", exit_code=number % 2)
        if server.environment.get("TZ") is None:
            shown = instant(jobs.ended(short)["started_at"]) - datetime.now(UTC)
            assert abs(shown.total_seconds() - shift) < SLACK_SECONDS, (
                "the clock that supervisors see jumps too"
            )
        jobs.repeat_all()
        if shift < 0 and jobs.state(cancelled) == "QUEUED":
            server.ok("POST", f"/api/v1/jobs/{cancelled}/cancel")
        if number == len(jumps) // 2:
            server.kill()
            server.environment["TZ"] = ZONES[chance.randrange(len(ZONES))]
            server.start()
            preload.reach_supervisors()
    jobs.wait_for_all()
    assert jobs.state(waits) == "SUCCEEDED"
    for name in jobs.specs:
        jobs.check(name)
    assert jobs.listed() == list(jobs.ids.values())[::-1], "newest first, by the order of their submission"
    check_order_of_events(server, len(jobs.ids))
    jobs.repeat_all()


class Jobs:
    """Jobs that write down what ran, each under a key of its own, and what has to become of them."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.specs: dict[str, Json] = {}
        self.ids: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.ends: dict[str, tuple[str, int | None]] = {}

    def submit(
        self,
        name: str,
        seconds: float = 0,
        exit_code: int = 0,
        cpus: float = 0.05,
        timeout: float | None = None,
        retries: int = 0,
    ) -> str:
        """Its id."""
        script = f"echo start >> '{self.marker(name)}'; sleep {seconds}; echo end >> '{self.marker(name)}'; exit {exit_code}"
        spec: Json = {
            "name": name,
            "command": ["/bin/sh", "-c", script],
            "cpus": cpus,
            "memory_bytes": 1 << 20,
        }
        if timeout is not None:
            spec["timeout_seconds"] = timeout
        if retries:
            spec |= {"retries": retries, "retry_delay_seconds": 1}
        self.specs[name] = spec
        self.ids[name] = self.send(name)
        self.seconds[name] = timeout or seconds
        self.ends[name] = ("FAILED" if exit_code or timeout else "SUCCEEDED", None if timeout else exit_code)
        return self.ids[name]

    def marker(self, name: str) -> Path:
        return self.folder / name.replace(" ", "_")

    def send(self, name: str) -> str:
        headers = {"Idempotency-Key": name.replace(" ", "_")}
        job_id: str = self.server.ok("POST", "/api/v1/jobs", json=self.specs[name], headers=headers)["id"]
        return job_id

    def repeat_all(self) -> None:
        """A key keeps its meaning, whatever the clock says."""
        for name, job_id in self.ids.items():
            assert self.send(name) == job_id, f"{name} was taken in twice"

    def get(self, job_id: str) -> Json:
        return self.server.ok("GET", f"/api/v1/jobs/{job_id}")

    def state(self, job_id: str) -> str:
        return str(self.get(job_id)["state"])

    def listed(self) -> list[str]:
        return [job["id"] for job in self.server.ok("GET", "/api/v1/jobs?limit=1000")["jobs"]]

    def ended(self, job_id: str) -> Json:
        deadline = time.monotonic() + SLACK_SECONDS
        while (job := self.get(job_id))["state"] not in TERMINAL:
            assert time.monotonic() < deadline, job
            time.sleep(0.02)
        return job

    def wait_for_all(self) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while waiting := [name for name, job_id in self.ids.items() if self.state(job_id) not in TERMINAL]:
            assert time.monotonic() < deadline, [self.get(self.ids[name]) for name in waiting]
            time.sleep(0.05)

    def check(self, name: str) -> None:
        """It ended as it had to, ran as often as it had to, and as long."""
        job = self.get(self.ids[name])
        run = self.server.get("runs/get", run_id=job["run_id"])["run"]["info"]
        assert run["end_time"] >= run["start_time"], (name, run)
        attempts = job["attempts"]
        for attempt in attempts:
            assert instant(attempt["ended_at"]) >= instant(attempt["started_at"]), (name, attempt)
        if job["state"] == "CANCELLED":
            assert name == "is cancelled" and not attempts
            return
        assert instant(job["ended_at"]) >= instant(job["started_at"]), (name, job)
        assert (job["state"], attempts[-1].get("exit_code")) == self.ends[name], (name, job)
        assert len(attempts) == 1 + self.specs[name].get("retries", 0), (name, attempts)
        starts = self.marker(name).read_text().splitlines().count("start")
        assert starts == len(attempts), f"{name} ran {starts} times"
        for attempt in attempts:
            seconds = (instant(attempt["ended_at"]) - instant(attempt["started_at"])).total_seconds()
            assert self.seconds[name] - 0.01 <= seconds <= self.seconds[name] + SLACK_SECONDS, (name, seconds)


def cpus_of(server: Server) -> float:
    """Of the whole machine: a job that wants them all waits for every other one."""
    return float(server.ok("GET", "/api/v1/cluster")["nodes"][0]["cpus"])


def instant(text: str) -> datetime:
    """An instant of the REST interface: in UTC, whatever the zone of the server is."""
    assert text.endswith("Z"), text
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def check_order_of_events(server: Server, jobs: int) -> None:
    """Each job's states follow one another by the ids of their events, and its end is the last of them."""
    with sqlite3.connect(f"file:{server.data}/orrery.db?mode=ro", uri=True, timeout=30) as database:
        rows = database.execute(
            "SELECT subject, group_concat(type, ' ') FROM "
            "(SELECT subject, type FROM events WHERE subject LIKE 'job:%' ORDER BY id) GROUP BY subject"
        ).fetchall()
    assert len(rows) == jobs
    cycle = "job_queued job_starting job_running"
    for subject, types in rows:
        *before, last = types.split()
        assert last in {"job_succeeded", "job_failed", "job_cancelled"}, (subject, types)
        lived = " ".join(before).removeprefix("job_pending ")
        assert lived in {"job_queued", *(" ".join([cycle] * n) for n in (1, 2, 3))}, (subject, types)
