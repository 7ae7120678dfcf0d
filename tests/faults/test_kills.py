"""The server is killed again and again under clients that write and jobs that run."""

from __future__ import annotations

import random
import socket
import sqlite3
import time
from pathlib import Path

from tests.faults.clients import Acknowledged, Client, Submitter, missing
from tests.faults.harness import Server

CLIENTS = 8
SHORT_KILLS = 50
LONG_KILLS = 500
START_SECONDS = 5.0
SETTLE_SECONDS = 60.0


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    server: Server, tmp_path: Path, chance: random.Random, long: bool
) -> None:
    server.port = free_port()
    server.start()
    markers = tmp_path / "markers"
    markers.mkdir()
    experiment = server.mlflow("experiments/create", name="kills")["experiment_id"]
    clients = [Client(server.url, experiment, chance.randrange(1 << 30)) for _ in range(CLIENTS)]
    submitter = Submitter(server.url, markers)
    for thread in [*clients, submitter]:
        thread.start()

    kept: list[Acknowledged] = []
    starts: list[float] = []
    for kill in range(LONG_KILLS if long else SHORT_KILLS):
        for client in clients:
            client.going.set()
        time.sleep(chance.uniform(0.1, 0.8))
        server.kill()
        for client in clients:
            client.going.clear()  # what was acknowledged is compared in peace
        runs = [run for client in clients for run in client.take()]
        starts.append(server.start())
        assert starts[-1] < START_SECONDS, f"start after kill {kill} took {starts[-1]:.1f} s"
        assert integrity(server.data / "orrery.db") == "ok"
        wrong = [one for run in runs for one in missing(server, run)]
        assert not wrong, f"after kill {kill}: {wrong[:10]}"
        kept += chance.sample(runs, min(2, len(runs)))

    for client in clients:
        client.ending.set()
        client.going.set()
    submitter.ending.set()
    for thread in [*clients, submitter]:
        thread.join(SETTLE_SECONDS)
    wrong = [one for run in kept for one in missing(server, run)]
    assert not wrong, wrong[:10]
    wrong = submitter.wrong(server, SETTLE_SECONDS)
    assert not wrong, wrong[:10]
    server.stop()
    acknowledged = sum(client.acknowledged for client in clients)
    print(
        f"{acknowledged} writes acknowledged, {len(submitter.jobs)} jobs, slowest start {max(starts):.2f} s"
    )
    assert acknowledged > len(starts) * CLIENTS, "the clients hardly wrote"
    assert len(submitter.jobs) > len(starts) // 2, "hardly any job ran"


def integrity(path: Path) -> str:
    """What SQLite's own check of the open database says."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as database:
        answer: str = database.execute("PRAGMA quick_check").fetchone()[0]
    return answer


def free_port() -> int:
    """A port that was free a moment ago: clients keep their address over restarts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
