"""Submits many jobs that run `true`, and measures how many start and finish each second; watches a supervisor; then
submits jobs that wait, by many clients and as arrays, and measures what they cost while nothing changes.

    python -m bench.jobs --orrery build/orrery

Prints a Markdown table. The exit code is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests

from bench import servers
from bench.jobs import submissions
from bench.process import CpuTime

MIB = 1 << 20
TARGET_PER_SECOND = 50.0
TARGET_SUPERVISOR_MIB = 2.0
TARGET_SUPERVISOR_CPU = 0.001
TARGET_SUBMISSIONS = 1000.0
TARGET_ADDED_CPU = 0.0005
CLIENTS = 8
SUBMIT_SECONDS = 5.0
ARRAY_TASKS = 10_000
IDLE_SECONDS = 10.0
WATCHED_PROCESSES = 32
FINISH_SECONDS = 120
LONGEST_PAGE = 1000
TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}

Json = dict[str, Any]


class Jobs:
    """The jobs of one server, over its REST interface."""

    def __init__(self, url: str) -> None:
        self.url = url + "/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, **options: Any) -> Json:
        """One request that must succeed."""
        reply = self.session.request(method, self.url + path, timeout=60, **options)
        if not reply.ok:
            raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text[:300]}")
        answer: Json = reply.json()
        return answer

    def submit(self, name: str, *command: str) -> str:
        """The id of a new job that asks for little."""
        spec = {"name": name, "command": list(command), "cpus": 0.1, "memory_bytes": 64 * MIB}
        job: str = self.call("POST", "/jobs", json=spec)["id"]
        return job

    def wait_until_idle(self) -> None:
        """Returns when no job runs or waits."""
        deadline = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < deadline:
            cluster = self.call("GET", "/cluster")
            if not cluster["jobs_running"] and not cluster["jobs_waiting"]:
                return
            time.sleep(0.02)
        raise RuntimeError(f"jobs still run or wait after {FINISH_SECONDS} s")

    def wait_until(self, job: str, states: set[str]) -> Json:
        """The job once it is in one of these states."""
        deadline = time.monotonic() + FINISH_SECONDS
        while time.monotonic() < deadline:
            found = self.call("GET", f"/jobs/{job}")
            if found["state"] in states:
                return found
            time.sleep(0.02)
        raise RuntimeError(f"job {job} did not reach {sorted(states)} within {FINISH_SECONDS} s")


class Outcome(NamedTuple):
    """Jobs per second from the first submission to the last end, and server processor time of each (ms)."""

    per_second: float
    submits_per_second: float
    cpu_ms: float


def run_many(server: servers.Running, count: int) -> Outcome:
    """Submits `count` jobs that run `true`; all must succeed."""
    jobs = Jobs(server.url)
    with CpuTime(server.pid) as cpu:
        started = time.perf_counter()
        ids = {jobs.submit(f"true-{index}", "true") for index in range(count)}
        submitted = time.perf_counter() - started
        jobs.wait_until_idle()
    found = [
        job for job in jobs.call("GET", "/jobs", params={"limit": LONGEST_PAGE})["jobs"] if job["id"] in ids
    ]
    failed = [job for job in found if job["state"] != "SUCCEEDED"]
    if len(found) != count or failed:
        raise RuntimeError(f"{len(found)} of {count} jobs found, {len(failed)} did not succeed: {failed[:1]}")
    first = min(datetime.fromisoformat(job["submitted_at"]) for job in found)
    last = max(datetime.fromisoformat(job["ended_at"]) for job in found)
    return Outcome(count / (last - first).total_seconds(), count / submitted, cpu.seconds * 1000 / count)


class Held(NamedTuple):
    """What the supervisor of a job takes, without the job: the most memory (MiB), and the part of one CPU."""

    mib: float
    cpu: float


def watch_supervisor(server: servers.Running, seconds: float) -> Held:
    """Watches the supervisor of a job of some processes that prints all the time, from the job's start on."""
    jobs = Jobs(server.url)
    spawn = (
        f"for i in $(seq {WATCHED_PROCESSES - 1}); do sleep 600 & done; while echo line; do sleep 0.05; done"
    )
    job = jobs.submit("sleep", "sh", "-c", spawn)
    try:
        pid = jobs.wait_until(job, {"RUNNING"} | TERMINAL)["attempts"][-1]["supervisor_pid"]
        time.sleep(seconds)
        used = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9  # since it began
        status = Path(f"/proc/{pid}/status").read_text()
        mib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
        return Held(mib, used / seconds)
    finally:
        jobs.call("POST", f"/jobs/{job}/cancel")
        jobs.wait_until(job, TERMINAL)


class Waiting(NamedTuple):
    """What submissions took, and what the server used at rest with and without the waiting jobs (the part of one CPU)."""

    submitted: submissions.Submissions
    array: submissions.Array
    jobs: int
    idle_cpu: float
    idle_cpu_before: float


def wait_many(server: servers.Running) -> Waiting:
    """Fills the machine with one job, then submits jobs that wait behind it."""
    jobs = Jobs(server.url)
    cpus = jobs.call("GET", "/cluster")["nodes"][0]["cpus"]
    holder = submissions.spec("holder", ["sleep", "600"], cpus)
    job = jobs.call("POST", "/jobs", json=holder)["id"]
    try:
        jobs.wait_until(job, {"RUNNING"} | TERMINAL)
        before = submissions.idle_cpu(server, IDLE_SECONDS)
        submitted = submissions.submit(server, CLIENTS, SUBMIT_SECONDS)
        array = submissions.submit_array(server, ARRAY_TASKS)
        idle = submissions.idle_cpu(server, IDLE_SECONDS)
        return Waiting(submitted, array, jobs.call("GET", "/cluster")["jobs_waiting"], idle, before)
    finally:
        jobs.call("POST", f"/jobs/{job}/cancel")


def row(what: str, measured: str, target: str = "", kept: bool | None = None) -> None:
    """Prints a row of the table."""
    verdict = {True: "kept", False: "**missed**", None: ""}[kept]
    print(f"| {what} | {measured} | {target} | {verdict} |")


def report_waiting(waiting: Waiting) -> bool:
    """Prints what submissions took; returns whether every target was kept."""
    fast = waiting.submitted.per_second >= TARGET_SUBMISSIONS
    idle = waiting.idle_cpu - waiting.idle_cpu_before <= TARGET_ADDED_CPU
    each, array = waiting.submitted.each, waiting.array
    row(
        f"submissions, {CLIENTS} clients, durable",
        f"{waiting.submitted.per_second:.0f}/s",
        f"{TARGET_SUBMISSIONS:.0f}/s",
        fast,
    )
    row("server CPU for each", f"{each.cpu_ms:.3f} ms")
    row("wall for each, median and 99th percentile", f"{each.wall_p50_ms:.1f} / {each.wall_p99_ms:.1f} ms")
    row(f"an array of {array.tasks} tasks", f"{array.seconds:.2f} s, {array.cpu_ms:.3f} ms CPU a task")
    row(
        f"CPU at rest while {waiting.jobs} jobs wait, and while none does",
        f"{waiting.idle_cpu:.3%}, {waiting.idle_cpu_before:.3%}",
        f"{TARGET_ADDED_CPU:.2%} more",
        idle,
    )
    return fast and idle


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.jobs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orrery", type=Path, required=True, help="the program to measure")
    parser.add_argument(
        "--jobs", type=int, default=200, help=f"how many, at most {LONGEST_PAGE} (default %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60, help="how long a supervisor is watched (default %(default)s)"
    )
    args = parser.parse_args()
    if not 1 <= args.jobs <= LONGEST_PAGE:
        parser.error(f"--jobs must be 1 to {LONGEST_PAGE}: {args.jobs}")
    with tempfile.TemporaryDirectory(prefix="bench-jobs-") as folder:
        with servers.orrery(args.orrery, Path(folder, "data")) as server:
            outcome = run_many(server, args.jobs)
            held = watch_supervisor(server, args.seconds)
        with servers.orrery(args.orrery, Path(folder, "waiting")) as server:
            waiting = wait_many(server)
    fast = outcome.per_second >= TARGET_PER_SECOND
    small, idle = held.mib <= TARGET_SUPERVISOR_MIB, held.cpu <= TARGET_SUPERVISOR_CPU
    print("| what | measured | target | |\n|---|---:|---:|---|")
    row(
        f"{args.jobs} jobs that run `true`, started and finished",
        f"{outcome.per_second:.0f}/s",
        f"{TARGET_PER_SECOND:.0f}/s",
        fast,
    )
    row("submissions, one client", f"{outcome.submits_per_second:.0f}/s")
    row("server CPU for one job", f"{outcome.cpu_ms:.1f} ms")
    row(
        f"resident memory of a supervisor of {WATCHED_PROCESSES} processes",
        f"{held.mib:.1f} MiB",
        f"{TARGET_SUPERVISOR_MIB:.0f} MiB",
        small,
    )
    row(
        f"its processor time over {args.seconds:.0f} s",
        f"{held.cpu:.4%} of a CPU",
        f"{TARGET_SUPERVISOR_CPU:.1%}",
        idle,
    )
    waits_well = report_waiting(waiting)
    return 0 if fast and small and idle and waits_well else 1


if __name__ == "__main__":
    sys.exit(main())
