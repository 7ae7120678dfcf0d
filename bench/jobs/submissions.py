"""Submissions: clients at once, arrays, and what thousands of jobs cost that only wait."""

from __future__ import annotations

import json
import multiprocessing as mp
import socket
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.process import CpuTime
from bench.servers import Running
from bench.tracking.load import Timing, timing

MIB = 1 << 20
RECEIVE_BYTES = 65536
SETTLE_SECONDS = 60
AT_REST = 0.01
CREATED = 201

Json = dict[str, Any]


class Wire:
    """One kept connection that is written to and read from by hand: a client that costs next to nothing itself."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.host = where.netloc
        self.socket = socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: bytes) -> bytes:
        """The body of the answer, which must be 201."""
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._receive()
        lines = answer[:end].decode().split("\r\n")
        lengths = [line for line in lines if line.lower().startswith("content-length:")]
        missing = int(lengths[0].split(":")[1]) - (len(answer) - end - 4)
        parts = [answer[end + 4 :]]
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        answer = b"".join(parts)
        if int(lines[0].split()[1]) != CREATED:
            raise RuntimeError(f"POST {path}: {lines[0]} {answer[:300]!r}")
        return answer

    def _receive(self) -> bytes:
        received = self.socket.recv(RECEIVE_BYTES)
        if not received:
            raise RuntimeError("the server closed the connection")
        return received


def spec(name: str, command: list[str], cpus: float) -> Json:
    """A job that asks for little but CPUs."""
    return {"name": name, "command": command, "cpus": cpus, "memory_bytes": 64 * MIB}


class Submissions(NamedTuple):
    """Accepted each second by all clients together, and what each call took."""

    per_second: float
    each: Timing


def submit(server: Running, clients: int, seconds: float) -> Submissions:
    """Runs `clients` loops that submit jobs which wait."""
    context = mp.get_context("fork")
    results, gate = context.Queue(), context.Barrier(clients + 1)
    loops = [
        context.Process(target=loop, args=(server.url, index, seconds, gate, results))
        for index in range(clients)
    ]
    for process in loops:
        process.start()
    gate.wait()
    started = time.perf_counter()
    with CpuTime(server.pid) as cpu:
        parts = [results.get() for _ in loops]
        took = time.perf_counter() - started
    for process in loops:
        process.join()
    if failures := [part for part in parts if isinstance(part, str)]:
        raise RuntimeError(failures[0])
    samples = [sample for part in parts for sample in part]
    return Submissions(len(samples) / took, timing(samples, cpu.seconds))


def loop(url: str, index: int, seconds: float, gate: Any, results: Any) -> None:
    """One client: puts the wall time of each of its submissions, or the failure, into `results`."""
    wire = Wire(url)
    samples: list[float] = []
    gate.wait()
    end = time.perf_counter() + seconds
    try:
        while (started := time.perf_counter()) < end:
            body = json.dumps(spec(f"waits-{index}-{len(samples)}", ["true"], 1)).encode()
            wire.post("/api/v1/jobs", body)
            samples.append(time.perf_counter() - started)
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")
        return
    results.put(samples)


class Array(NamedTuple):
    """How long an array took to be accepted, and the server's processor time for each of its tasks (ms)."""

    tasks: int
    seconds: float
    cpu_ms: float


def submit_array(server: Running, tasks: int) -> Array:
    """Submits an array whose tasks wait."""
    wire = Wire(server.url)
    body = json.dumps({"spec": spec("task", ["true"], 1), "array": f"1-{tasks}"}).encode()
    with CpuTime(server.pid) as cpu:
        started = time.perf_counter()
        wire.post("/api/v1/job-arrays", body)
        took = time.perf_counter() - started
    return Array(tasks, took, cpu.seconds * 1000 / tasks)


def idle_cpu(server: Running, seconds: float) -> float:
    """The part of one CPU that the server's own threads use while nothing changes, once they have come to rest."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and used_while(server.pid, 1) > AT_REST:
        pass
    return used_while(server.pid, seconds)


def used_while(pid: int, seconds: float) -> float:
    """The part of one CPU that the threads of a process use during the next `seconds`."""
    before = thread_seconds(pid)
    time.sleep(seconds)
    return (thread_seconds(pid) - before) / seconds


def thread_seconds(pid: int) -> float:
    """Processor time of the threads that a process has, to the nanosecond."""
    used = [int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(used) / 1e9
