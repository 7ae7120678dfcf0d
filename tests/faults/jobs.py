"""Jobs of a server under faults."""

from __future__ import annotations

import time

from tests.faults.harness import Json, Server

TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
JOB_SECONDS = 60.0


def wait_for(server: Server, job_id: str, states: set[str]) -> Json:
    """The job, once it is in one of these states."""
    deadline = time.monotonic() + JOB_SECONDS
    while time.monotonic() < deadline:
        job: Json = server.ok("GET", f"/api/v1/jobs/{job_id}")
        if job["state"] in states:
            return job
        time.sleep(0.02)
    raise AssertionError(f"not in {states} after {JOB_SECONDS} s: {job}")
