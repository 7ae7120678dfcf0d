"""Finds out where a started server listens: for every test that runs the real program."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

READY_SECONDS = 30
POLL_SECONDS = 0.01


class EndedError(AssertionError):
    """The server ended before it was ready."""


def wait_until_ready(process: subprocess.Popen[bytes], data: Path, log: Path, before: int = 0) -> str:
    """The URL of the server on this folder, once it has announced itself. Raises EndedError when it ends instead.

    `before` is the stamp of the folder before the start, where an earlier server may have had the same pid.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EndedError(f"the server ended with {process.returncode}: {log.read_text()[-4000:]}")
        if stamp(data) != before and (url := announced(data, process.pid)):
            return url
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"not ready within {READY_SECONDS} s: {log.read_text()[-4000:]}")


def stamp(data: Path) -> int:
    """When the last server on this folder announced itself."""
    try:
        return (data / "server.json").stat().st_mtime_ns
    except OSError:
        return 0


def announced(data: Path, pid: int) -> str:
    """What server.json says, if this process wrote it."""
    try:
        record = json.loads((data / "server.json").read_text())
    except (OSError, json.JSONDecodeError):
        return ""
    return f"http://{record['http']}" if record["pid"] == pid else ""
