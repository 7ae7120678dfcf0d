"""What is on the disk of a server, read past it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from tests.faults.harness import Server


def check_objects(server: Server) -> None:
    """Every reference has its object, and every object has bytes with its digest: the server compares them as it reads."""
    with sqlite3.connect(f"file:{server.seen}/orrery.db?mode=ro", uri=True, timeout=30) as database:
        digests = [row[0] for row in database.execute("SELECT digest FROM content_objects")]
        dangling = database.execute(
            "SELECT count(*) FROM content_references WHERE digest NOT IN (SELECT digest FROM content_objects)"
        ).fetchone()[0]
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    assert (dangling, answer) == (0, "ok")
    for digest in digests:
        assert server.call("GET", f"/api/v1/content/{digest}").status_code == 200, digest


def wait_for_usage(server: Server, seconds: float = 30) -> None:
    """Until what each attempt used stands in its run: the last of it follows the job's end."""
    deadline = time.monotonic() + seconds
    with sqlite3.connect(f"file:{server.seen}/orrery.db?mode=ro", uri=True, timeout=30) as database:
        while database.execute("SELECT count(*) FROM attempts WHERE usage_pending = 1").fetchone()[0] > 0:
            assert time.monotonic() < deadline, "usage is not recorded"
            time.sleep(0.05)


def everything(data: Path) -> list[str]:
    """The whole database of a stopped server, as SQL."""
    with sqlite3.connect(f"file:{data}/orrery.db?mode=ro", uri=True, timeout=30) as database:
        return list(database.iterdump())
