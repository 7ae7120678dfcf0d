"""Every sync takes two seconds and every read 50 ms, and clients are slow: health and reads go on, nothing piles up."""

from __future__ import annotations

import random
import socket
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.faults.harness import Json, Server
from tests.faults.preload_control import Preload

SYNC_SECONDS = 2.0
READ_SECONDS = 0.05
# More than the server has threads for requests: 32, and 32 for streamed bodies.
WRITERS = 48
UPLOADERS = 40
SLOW_READERS = 60
SLOW_SENDERS = 6
ARTIFACT_BYTES = 8 << 20
SHORT_SECONDS = 20.0
LONG_SECONDS = 180.0
HEALTH_SECONDS = 0.1
# A sender of one byte a second is cut: 15 s for the head, 30 s for the body.
CUT_SECONDS = 35.0
MOST_MEMORY = 300 << 20
RECOVERED_SECONDS = 5.0
TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}


def test_slow_disks_and_clients_hold_up_neither_health_nor_reads(
    server: Server, tmp_path: Path, chance: random.Random, long: bool
) -> None:
    preload = Preload(server)
    server.start()
    load = Load(server.url, chance.randrange(1 << 30))
    run = server.mlflow("runs/create", experiment_id="0")["run"]
    load.run_id = run["info"]["run_id"]
    load.artifacts = run["info"]["artifact_uri"].split(":/", 1)[1].strip("/")
    server.ok("PUT", load.file("large"), data=bytes(ARTIFACT_BYTES))
    memory_before = memory(server)
    preload.set(sync=SYNC_SECONDS, read=READ_SECONDS)
    seconds = LONG_SECONDS if long else SHORT_SECONDS
    with ThreadPoolExecutor(WRITERS + UPLOADERS + SLOW_READERS + SLOW_SENDERS + 4) as pool:
        load.start(pool)
        health, reads, most = watch(server, load, seconds)
        cut = [done.result(CUT_SECONDS) for done in load.senders]
        preload.set()
        load.ending.set()
    print(
        f"health {statistics.median(health):.3f} s, at most {max(health):.3f} s; reads {statistics.median(reads):.2f} s, "
        f"at most {max(reads):.2f} s; memory +{(most - memory_before) >> 20} MiB; "
        f"{len(load.points)} points and {len(load.files)} files acknowledged"
    )
    slow = [one for one in health if one > HEALTH_SECONDS]
    assert len(slow) <= len(health) // 20 and max(health) < SYNC_SECONDS / 2, sorted(health)[-10:]
    assert statistics.median(reads) < SYNC_SECONDS and max(reads) < 2 * SYNC_SECONDS, sorted(reads)[-10:]
    assert most - memory_before < MOST_MEMORY
    assert all(one < CUT_SECONDS for one in cut), f"slow senders were cut after {cut}"
    assert load.points and load.files, "writers got through, however slowly"
    began = time.monotonic()
    job = server.ok(
        "POST",
        "/api/v1/jobs",
        json={"name": "after", "command": ["true"], "cpus": 0.1, "memory_bytes": 1 << 20},
    )
    while (job := server.ok("GET", f"/api/v1/jobs/{job['id']}"))["state"] not in TERMINAL:
        time.sleep(0.02)
    assert job["state"] == "SUCCEEDED" and time.monotonic() - began < RECOVERED_SECONDS, job
    load.check(server)


def watch(server: Server, load: Load, seconds: float) -> tuple[list[float], list[float], int]:
    """How long health and a read of a run took meanwhile, and the most memory that the server had."""
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(2) as pool:
        health = pool.submit(timed, deadline, lambda: requests.get(f"{server.url}/api/v1/health", timeout=60))
        reads = pool.submit(
            timed, deadline, lambda: requests.get(f"{server.url}/api/v1/runs/{load.run_id}", timeout=60)
        )
        most = 0
        while time.monotonic() < deadline:
            most = max(most, memory(server))
            time.sleep(0.2)
        return health.result(), reads.result(), most


def timed(deadline: float, call: Callable[[], requests.Response]) -> list[float]:
    """How long the calls took, one every 50 ms."""
    took = []
    while time.monotonic() < deadline:
        began = time.monotonic()
        reply = call()
        took.append(time.monotonic() - began)
        assert reply.status_code == 200, reply.text
        time.sleep(0.05)
    return took


def memory(server: Server) -> int:
    """Of the server's process, in bytes."""
    status = Path(f"/proc/{server.running.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


class Load:
    """Clients that write, and clients that are slow themselves."""

    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.address = url.removeprefix("http://")
        self.seed = seed
        self.run_id = self.artifacts = ""
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.points: set[int] = set()
        self.files: dict[str, bytes] = {}
        self.refused = 0

    def start(self, pool: ThreadPoolExecutor) -> None:
        """All of them."""
        self.work = [pool.submit(self.write, number) for number in range(WRITERS)]
        self.work += [pool.submit(self.upload, number) for number in range(UPLOADERS)]
        self.work += [pool.submit(self.read_slowly) for _ in range(SLOW_READERS)]
        self.senders = [pool.submit(self.send_slowly, number % 2 == 0) for number in range(SLOW_SENDERS)]

    def file(self, name: str) -> str:
        return f"/api/2.0/mlflow-artifacts/artifacts/{self.artifacts}/{name}"

    def write(self, number: int) -> None:
        step = number
        while not self.ending.is_set():
            point = {"run_id": self.run_id, "key": "loss", "value": step / 3, "timestamp": step, "step": step}
            if self.sent("POST", "/api/2.0/mlflow/runs/log-metric", json=point):
                with self.lock:
                    self.points.add(step)
            step += WRITERS

    def upload(self, number: int) -> None:
        count = 0
        while not self.ending.is_set():
            name, body = (
                f"{number}/{count}",
                random.Random(f"{self.seed}/{number}/{count}").randbytes(300_000),
            )
            if self.sent("PUT", self.file(name), data=body):
                with self.lock:
                    self.files[name] = body
            count += 1

    def sent(self, method: str, path: str, **options: object) -> bool:
        """Whether it was acknowledged; a server with too much to do may refuse with 503."""
        reply = requests.request(method, self.url + path, timeout=120, **options)  # type: ignore[arg-type]
        assert reply.status_code in (200, 503), reply.text
        with self.lock:
            self.refused += reply.status_code == 503
        return reply.status_code == 200

    def connect(self) -> socket.socket:
        host, port = self.address.split(":")
        return socket.create_connection((host, int(port)), timeout=120)

    def read_slowly(self) -> None:
        with self.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET {self.file('large')} HTTP/1.1\r\nHost: {self.address}\r\n\r\n".encode())
            while not self.ending.wait(1):
                assert connection.recv(1)

    def send_slowly(self, head: bool) -> float:
        """After how long the server gave it up."""
        line = f"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nHost: {self.address}\r\n"
        rest = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n" + " " * 1000
        began = time.monotonic()
        with self.connect() as connection:
            connection.sendall((line if head else line + rest[: rest.index(" " * 1000)]).encode())
            connection.settimeout(1)
            for byte in rest.encode() if head else b" " * 1000:
                try:
                    connection.sendall(bytes([byte]))
                    answer = connection.recv(1000)
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
                assert not answer or answer.startswith(b"HTTP/1.1 408"), answer
                break
        return time.monotonic() - began

    def check(self, server: Server) -> None:
        """What was acknowledged is there, once."""
        for done in self.work:
            done.result()
        history: list[Json] = server.get("metrics/get-history", run_id=self.run_id, metric_key="loss")[
            "metrics"
        ]
        steps = [int(point["step"]) for point in history]
        assert len(steps) == len(set(steps)) and self.points <= set(steps)
        for name, body in self.files.items():
            assert server.call("GET", self.file(name)).content == body, name
