"""Full disks, real ones: small tmpfs mounts below the data folder, in a mount namespace of the server's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.harness import Server, UnansweredError
from tests.faults.jobs import TERMINAL, wait_for
from tests.faults.stored import check_objects

MIB = 1 << 20
FULL = 507


def can_mount() -> bool:
    """Whether this user may have a mount namespace with a tmpfs."""
    command = ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt"]
    return (
        shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0
    )


pytestmark = pytest.mark.skipif(not can_mount(), reason="needs the right to mount: run as root")


class SmallDisk:
    """A tmpfs that a running server sees at `folder`, reached from outside through the server's own root."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.inside = Path(f"/proc/{server.running.pid}/root{folder}")
        self.filler = self.inside / "filler"

    def fill(self, leave: int = 0) -> None:
        """Takes all but about `leave` bytes."""
        free = os.statvfs(self.inside).f_bavail * os.statvfs(self.inside).f_frsize
        with self.filler.open("ab") as filler:
            left = free - leave
            try:
                while left > 0:
                    left -= filler.write(b"\0" * min(left, 4096))
                    filler.flush()
            except OSError:
                pass  # full a little earlier

    def free(self) -> None:
        self.filler.unlink()


def start_on_small_disk(server: Server, folder: Path, size: int) -> SmallDisk:
    """Starts the server with a tmpfs of `size` bytes at `folder`; the other folders of the data stay where they are."""
    outside = server.data.with_name("outside")
    binds = ""
    for name in ("blobs", "jobs"):
        if folder == server.data:
            (outside / name).mkdir(parents=True)
            binds += f"mkdir {folder}/{name} && mount --bind {outside}/{name} {folder}/{name} && "
    folder.mkdir(parents=True, exist_ok=True)
    script = f'mount -t tmpfs -o size={size} none {folder} && {binds}exec "$@"'
    server.wrapper = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]
    server.start()
    return SmallDisk(server, folder)


def new_run(server: Server, name: str) -> tuple[str, str]:
    """A fresh run: its id and where its artifacts go."""
    experiment = server.mlflow("experiments/create", name=name)["experiment_id"]
    info = server.mlflow("runs/create", experiment_id=experiment)["run"]["info"]
    return info["run_id"], "/api/2.0/mlflow-artifacts/artifacts/" + info["artifact_uri"].split(":/", 1)[
        1
    ].strip("/")


def check_refusal(error: UnansweredError) -> None:
    """A full disk is told as one, in words that help."""
    assert error.status == FULL, error
    assert "space" in error.text, error


def check_alive(server: Server, run_id: str) -> None:
    """Reads and health go on."""
    server.ok("GET", "/api/v1/health")
    assert server.get("runs/get", run_id=run_id)["run"]["info"]["run_id"] == run_id


def test_a_full_database_refuses_writes_and_recovers(server: Server) -> None:
    disk = start_on_small_disk(server, server.data, 16 * MIB)
    run_id, _ = new_run(server, "full")
    disk.fill(leave=256 << 10)
    stored = 0
    with pytest.raises(UnansweredError) as refused:
        for stored in range(1000):
            server.mlflow("runs/set-tag", run_id=run_id, key=f"tag{stored}", value="x" * 4900)
    check_refusal(refused.value)
    for _ in range(5):
        with pytest.raises(UnansweredError) as refused:
            tags = [{"key": f"more{i}", "value": "x" * 4900} for i in range(90)]
            server.mlflow("runs/log-batch", run_id=run_id, tags=tags)
        check_refusal(refused.value)
        check_alive(server, run_id)
    disk.free()
    server.mlflow("runs/set-tag", run_id=run_id, key="after", value="1")
    keys = {tag["key"] for tag in server.get("runs/get", run_id=run_id)["run"]["data"]["tags"]}
    assert {f"tag{i}" for i in range(stored)} | {"after"} <= keys
    assert not {key for key in keys if key.startswith("more")}, "half a batch"


def test_full_blobs_refuse_files_and_nothing_else(server: Server) -> None:
    disk = start_on_small_disk(server, server.data / "blobs", 8 * MIB)
    run_id, artifacts = new_run(server, "full")
    server.ok("PUT", f"{artifacts}/before", data=b"b" * MIB)
    disk.fill(leave=512 << 10)
    for _ in range(3):
        with pytest.raises(UnansweredError) as refused:
            server.ok("PUT", f"{artifacts}/large", data=b"l" * MIB)
        check_refusal(refused.value)
    server.mlflow("runs/set-tag", run_id=run_id, key="meanwhile", value="1")
    check_alive(server, run_id)
    assert server.call("GET", f"{artifacts}/before").content == b"b" * MIB
    assert server.call("GET", f"{artifacts}/large").status_code == 404
    disk.free()
    server.ok("PUT", f"{artifacts}/large", data=b"l" * MIB)
    assert server.call("GET", f"{artifacts}/large").content == b"l" * MIB
    check_objects(server)


def test_a_job_keeps_its_outcome_when_the_disk_is_full(server: Server) -> None:
    disk = start_on_small_disk(server, server.data / "jobs", 8 * MIB)
    before = submit(server, "sleep 1.5; exit 3")
    wait_for(server, before, {"RUNNING"})
    disk.fill()
    ended = wait_for(server, before, TERMINAL)
    assert ended["attempts"][-1]["exit_code"] == 3, ended
    during = submit(server, "exit 4")
    time.sleep(0.5)
    server.ok("GET", "/api/v1/health")
    disk.free()
    job = wait_for(server, during, TERMINAL)
    # It waited for space, or it was told that there was none; never anything else.
    assert "space" in job["reason"] or job["attempts"][-1].get("exit_code") == 4, job
    after = wait_for(server, submit(server, "exit 5"), TERMINAL)
    assert after["attempts"][-1]["exit_code"] == 5, after


def submit(server: Server, script: str) -> str:
    """A small job; its id."""
    spec = {"name": "full", "command": ["/bin/sh", "-c", script], "cpus": 0.01, "memory_bytes": MIB}
    job_id: str = server.ok("POST", "/api/v1/jobs", json=spec)["id"]
    return job_id
