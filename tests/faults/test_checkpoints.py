"""A job that gives way, or fails, goes on where its checkpoint stands."""

from __future__ import annotations

import time

from tests.faults.harness import Server
from tests.faults.jobs import TERMINAL, wait_for
from tests.faults.test_bad_behaviour import log_of, submit

# Counts to 40 in its checkpoint, and takes SIGTERM to end between two counts.
COUNTING = """
import os, pathlib, signal, sys, time
folder = pathlib.Path(os.environ["ORRERY_CHECKPOINT_DIR"])
ending = []
signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
state = folder / "count"
count = int(state.read_text()) if state.exists() else 0
print("from", count, flush=True)
while count < 40 and not ending:
    count += 1
    (folder / "part").write_text(str(count))
    (folder / "part").rename(state)
    time.sleep(0.05)
print("to", count, flush=True)
sys.exit(0 if count == 40 else 3)
"""


def test_a_preempted_job_goes_on_from_its_checkpoint(server: Server) -> None:
    server.environment["ORRERY_CPUS"] = "1"
    server.start()
    counting = submit(server, "python3", "-c", COUNTING, cpus=1)
    while b"from 0" not in log_of(server, counting):
        time.sleep(0.02)
    urgent = submit(server, "true", cpus=1, priority=10)
    assert wait_for(server, urgent, TERMINAL)["state"] == "SUCCEEDED"
    job = wait_for(server, counting, TERMINAL)
    assert job["state"] == "SUCCEEDED", job
    assert [attempt["cause"] for attempt in job["attempts"]] == ["preempted", "exited"]
    logs = [log_of_attempt(server, counting, number) for number in (1, 2)]
    assert logs[0].splitlines()[1].split()[1] == logs[1].splitlines()[0].split()[1], logs
    assert logs[1].endswith("to 40\n")


def test_a_retried_job_goes_on_from_its_checkpoint(server: Server) -> None:
    server.start()
    script = (
        'cat "$ORRERY_CHECKPOINT_DIR/state" && exit 0; echo kept > "$ORRERY_CHECKPOINT_DIR/state"; exit 1'
    )
    job = submit(server, "sh", "-c", script, retries=1, retry_delay_seconds=0)
    assert wait_for(server, job, TERMINAL)["state"] == "SUCCEEDED"
    assert log_of_attempt(server, job, 2) == "kept\n"
    folder = server.seen / "jobs" / job
    assert (folder / "1" / "log").exists() and not (folder / "1" / "work").exists()
    assert (folder / "2" / "work").exists()


def log_of_attempt(server: Server, job: str, number: int) -> str:
    return server.call("GET", f"/api/v1/jobs/{job}/logs", params={"attempt": number}).text
