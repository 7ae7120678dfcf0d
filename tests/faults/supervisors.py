"""The processes that hold attempts, seen from outside: which there are, and an end for one of them."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Holder:
    """A guard or a supervisor of an attempt."""

    pid: int
    is_guard: bool
    job: str
    attempt: int


def holders(data: Path) -> list[Holder]:
    """Of all attempts below `data` that are held at this moment."""
    found = []
    programs = str(data / "bin") + "/"
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError):
            if not str((entry / "exe").readlink()).startswith(programs):
                continue
            # DATA/jobs/JOB/NUMBER/launch
            job, number = (entry / "cmdline").read_bytes().split(b"\0")[1].decode().split("/")[-3:-1]
            # A guard leads a session; its supervisor, a child of it, stays in it.
            leads = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[3]) == int(entry.name)
            found.append(Holder(int(entry.name), leads, job, int(number)))
    return found


def kill(holder: Holder, data: Path) -> bool:
    """SIGKILL to this process and to no other that has its number by now; whether it was there."""
    try:
        handle = os.pidfd_open(holder.pid)
    except ProcessLookupError:
        return False
    try:
        if holder not in holders(data):
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def marked(marker: str) -> list[int]:
    """Processes that carry `marker` in their environment, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and marker.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found
