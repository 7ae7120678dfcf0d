"""Jobs that behave badly: each has an end that was decided, and harms nobody else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.harness import BINARY, Json, Server
from tests.faults.jobs import TERMINAL, wait_for
from tests.faults.test_disk_full import can_mount, start_on_small_disk

MIB = 1 << 20
SIGKILL = 9
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("daemon.part", "w") as file:
            file.write(str(os.getpid()))
        os.rename("daemon.part", "daemon")
        time.sleep(600)
    os._exit(0)
while not os.path.exists("daemon"):
    time.sleep(0.01)
"""


def submit(server: Server, *command: str, **fields: object) -> str:
    """A small job; its id."""
    spec = {"name": "bad", "command": list(command), "cpus": 0.5, "memory_bytes": 64 * MIB, **fields}
    job_id: str = server.ok("POST", "/api/v1/jobs", json=spec)["id"]
    return job_id


def ended(server: Server, job_id: str) -> Json:
    """The only attempt of a job that has ended."""
    attempts = wait_for(server, job_id, TERMINAL)["attempts"]
    assert len(attempts) == 1
    attempt: Json = attempts[0]
    return attempt


def log_of(server: Server, job_id: str, follow: bool = False) -> bytes:
    reply = server.call("GET", f"/api/v1/jobs/{job_id}/logs", params={"follow": "true"} if follow else {})
    assert reply.status_code == 200
    return reply.content


def attempt_folder(server: Server, job_id: str) -> Path:
    return server.seen / "jobs" / job_id / "1"


def test_a_script_that_closes_its_output_is_waited_for(server: Server) -> None:
    server.start()
    job = submit(server, "sh", "-c", "echo before; exec >&- 2>&-; sleep 0.2; exit 3")
    assert ended(server, job)["exit_code"] == 3
    assert log_of(server, job) == b"before\n"


def test_daemons_end_with_their_job(server: Server) -> None:
    server.start()
    job = submit(server, "python3", "-c", DAEMON)
    assert ended(server, job)["exit_code"] == 0
    daemon = (attempt_folder(server, job) / "work" / "daemon").read_text()
    assert not Path("/proc", daemon).exists()


def test_who_ignores_sigterm_is_killed_after_its_grace(server: Server) -> None:
    server.start()
    script = "trap '' TERM; echo up; while :; do sleep 0.1; done"
    job = submit(server, "sh", "-c", script, grace_seconds=1)
    wait_for(server, job, {"RUNNING"})
    while b"up" not in log_of(server, job):
        time.sleep(0.02)
    asked = time.monotonic()
    server.ok("POST", f"/api/v1/jobs/{job}/cancel")
    attempt = ended(server, job)
    assert time.monotonic() - asked >= 1
    assert (attempt["cause"], attempt["signal"]) == ("cancelled", SIGKILL)
    assert wait_for(server, job, TERMINAL)["state"] == "CANCELLED"


def test_binary_output_is_kept_to_the_byte_and_harms_no_terminal(server: Server) -> None:
    server.start()
    script = "import os; os.write(1, bytes(range(256)) * 40 + b'\\x1b]0;owned\\x07\\n')"
    job = submit(server, "python3", "-c", script)
    attempt = ended(server, job)
    expected = bytes(range(256)) * 40 + b"\x1b]0;owned\x07\n"
    assert log_of(server, job) == expected
    assert attempt["log_tail"].encode().decode("utf-8").endswith("owned\x07\n")
    assert log_of_command(server, job) == expected
    shown = log_on_terminal(server, job)
    assert b"\\x1b]0;owned\\x07" in shown
    assert not re.search(rb"[^\t\r\n -~\x80-\xff]", shown)


def log_of_command(server: Server, job: str, *flags: str) -> bytes:
    """What `orrery logs` writes to a pipe."""
    command = [str(BINARY), "--server", server.url, "logs", job, *flags]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def log_on_terminal(server: Server, job: str) -> bytes:
    """The bytes that `orrery logs` sends to a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [str(BINARY), "--server", server.url, "logs", job], stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                block = os.read(master, 65536)
            except OSError:  # how a terminal says that its other side is closed
                break
            shown += block
        os.close(master)
        assert process.wait(60) == 0
    return shown


def test_a_gigabyte_in_a_second_fills_no_disk(server: Server) -> None:
    keep = 4 * MIB
    server.environment["ORRERY_LOG_KEEP_BYTES"] = str(keep)
    server.start()
    job = submit(server, "sh", "-c", "yes 0123456789abcde | head -c 1073741824; echo the end", cpus=1)
    log = attempt_folder(server, job) / "log"
    wait_for(server, job, {"RUNNING"} | TERMINAL)
    slowest = 0.0
    while server.ok("GET", f"/api/v1/jobs/{job}")["state"] not in TERMINAL:
        asked = time.monotonic()
        server.ok("GET", "/api/v1/health")
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.05)
    print(f"slowest answer meanwhile: {slowest:.3f} s")
    assert ended(server, job)["exit_code"] == 0
    assert log.stat().st_size == 1073741824 + 8
    assert log.stat().st_blocks * 512 <= keep + 3 * MIB
    reads = [log_of(server, job), log_of(server, job, follow=True)]
    for text in [*reads, log_of_command(server, job), log_of_command(server, job, "-f")]:
        assert len(text) <= keep + 3 * MIB
        head, dropped, tail = re.split(rb"\n\[orrery: (\d+) bytes of this log were dropped\]\n", text)
        assert head == (b"0123456789abcde\n" * (MIB // 16))
        assert len(head) + int(dropped) + len(tail) == log.stat().st_size
        assert tail.endswith(b"0123456789abcde\nthe end\n")
        assert len(tail) >= keep
    offset = log.stat().st_size - 8
    assert server.call("GET", f"/api/v1/jobs/{job}/logs?offset={offset}").content == b"the end\n"


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount: run as root")
def test_a_job_that_fills_the_disk_is_told_and_its_outcome_kept(server: Server) -> None:
    server.environment["ORRERY_LOG_KEEP_BYTES"] = str(MIB)
    start_on_small_disk(server, server.data / "jobs", 16 * MIB)
    job = submit(server, "sh", "-c", "echo before; dd if=/dev/zero of=big bs=1M; code=$?; rm big; exit $code")
    attempt = ended(server, job)
    assert attempt["exit_code"] == 1
    assert b"No space left on device" in log_of(server, job)
    assert "No space left on device" in attempt["log_tail"]
    # Faster than its log is looked at: the disk is full for a moment, and not for those who come later.
    printing = submit(server, "sh", "-c", "yes 0123456789abcde | head -c 100000000")
    assert ended(server, printing)["cause"] == "exited"
    assert ended(server, submit(server, "sh", "-c", "echo again; exit 5"))["exit_code"] == 5
