"""Starts the servers that are measured, each on a fresh folder, and tells how long it took until they answered."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import requests

from bench.process import CpuTime

POLL_SECONDS = 0.002
ORRERY_READY_SECONDS = 30
STOCK_READY_SECONDS = 240
SETTLE_TURNS = 40
SETTLE_TURN_SECONDS = 2.0
IDLE_SHARE = 0.1


class Running(NamedTuple):
    """A server that answers. `start_seconds` is the time from its spawn until then."""

    url: str
    pid: int
    start_seconds: float


@contextlib.contextmanager
def orrery(binary: Path, data: Path) -> Iterator[Running]:
    """Runs `orrery serve` on a free port."""
    command = [str(binary), "serve", "--listen", "127.0.0.1:0", "--data", str(data)]
    with running(command, data.with_name(data.name + ".log")) as (process, started):
        url = ""
        for _ in waits(process, started, ORRERY_READY_SECONDS):
            url = url or orrery_url(data, process.pid)
            if url and answers(url + "/api/v1/ready"):
                break
        yield Running(url, process.pid, time.perf_counter() - started)


def orrery_url(data: Path, pid: int) -> str:
    """Where the server listens, once it has written that down."""
    try:
        where = json.loads((data / "server.json").read_text())
    except (OSError, json.JSONDecodeError):
        return ""
    return f"http://{where['http']}" if where["pid"] == pid else ""


@contextlib.contextmanager
def stock(folder: Path) -> Iterator[Running]:
    """Runs MLflow's own server out of this Python: SQLite, proxied local artifacts, one worker."""
    folder.mkdir(parents=True)
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("mlflow")),
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts"]
    with running(command, folder / "log") as (process, started):
        url = f"http://127.0.0.1:{port}"
        for _ in waits(process, started, STOCK_READY_SECONDS):
            if answers(url + "/health"):
                break
        ready = time.perf_counter() - started
        settle(process.pid)
        yield Running(url, process.pid, ready)


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Runs a command in a process group of its own: (process, the instant of its spawn). Ends the group."""
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
        try:
            yield process, started
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)


def waits(process: subprocess.Popen[bytes], started: float, limit: float) -> Iterator[None]:
    """Turns of a waiting loop; raises when the process ends or the limit passes."""
    while time.perf_counter() - started < limit:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {process.args!r}")
        yield
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"the server did not answer within {limit} s: {process.args!r}")


def settle(pid: int) -> None:
    """Returns when the server uses next to no processor time: the stock one's job runners start long after it answers."""
    for _ in range(SETTLE_TURNS):
        with CpuTime(pid) as cpu:
            time.sleep(SETTLE_TURN_SECONDS)
        if cpu.seconds < SETTLE_TURN_SECONDS * IDLE_SHARE:
            return


def answers(url: str) -> bool:
    """Whether this address answers 200."""
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
