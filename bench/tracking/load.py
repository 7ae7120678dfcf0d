"""Closed-loop load: each client is a process that sends its next call when the last one is answered."""

from __future__ import annotations

import multiprocessing as mp
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from bench.process import CpuTime
from bench.servers import Running
from bench.tracking.client import Client, now

BATCH_METRICS = 1000
FILLERS = 4


class Timing(NamedTuple):
    """Calls made, server processor time for each in milliseconds, and wall time of each as a client saw it."""

    calls: int
    cpu_ms: float
    wall_p50_ms: float
    wall_p99_ms: float


def create(client: Client, experiment: str, _run: str, _step: int) -> None:
    """One new run."""
    client.new_run(experiment)


def log_metric(client: Client, _experiment: str, run: str, step: int) -> None:
    """One point."""
    client.post(
        "/runs/log-metric", run_id=run, key="loss", value=1.0 / (step + 1), timestamp=now(), step=step
    )


def log_batch(client: Client, _experiment: str, run: str, step: int) -> None:
    """A thousand points of ten metrics."""
    at = now()
    points = [
        {"key": f"m{i % 10}", "value": random.random(), "timestamp": at, "step": step * 100 + i // 10}
        for i in range(BATCH_METRICS)
    ]
    client.post("/runs/log-batch", run_id=run, metrics=points)


Call = Callable[[Client, str, str, int], None]


def measure(server: Running, call: Call, clients: int, seconds: float) -> Timing:
    """Runs `clients` loops of `call` for `seconds`. Any failed call ends the measurement."""
    experiment = Client(server.url).new_experiment()
    context = mp.get_context("fork")
    results, gate = context.Queue(), context.Barrier(clients + 1)
    loops = [
        context.Process(target=loop, args=(server.url, call, experiment, seconds, gate, results))
        for _ in range(clients)
    ]
    for process in loops:
        process.start()
    gate.wait()
    with CpuTime(server.pid) as cpu:
        parts = [results.get() for _ in loops]
    for process in loops:
        process.join()
    if failures := [part for part in parts if isinstance(part, str)]:
        raise RuntimeError(failures[0])
    return timing([sample for part in parts for sample in part], cpu.seconds)


def loop(url: str, call: Call, experiment: str, seconds: float, gate: Any, results: Any) -> None:
    """One client: puts the wall time of each of its calls, or the failure, into `results`."""
    client = Client(url)
    run = client.new_run(experiment)
    samples: list[float] = []
    gate.wait()
    end = time.perf_counter() + seconds
    try:
        while (started := time.perf_counter()) < end:
            call(client, experiment, run, len(samples))
            samples.append(time.perf_counter() - started)
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")
        return
    results.put(samples)


def repeat(server: Running, call: Callable[[], None], seconds: float, least: int) -> Timing:
    """Calls from this process for `seconds`, but at least `least` times."""
    samples: list[float] = []
    end = time.perf_counter() + seconds
    with CpuTime(server.pid) as cpu:
        while len(samples) < least or time.perf_counter() < end:
            started = time.perf_counter()
            call()
            samples.append(time.perf_counter() - started)
    return timing(samples, cpu.seconds)


def timing(samples: list[float], cpu_seconds: float) -> Timing:
    """Sums up wall times (seconds) and the processor time of them all."""
    ordered = sorted(samples)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 for share in (0.5, 0.99)]
    return Timing(len(ordered), cpu_seconds * 1000 / len(ordered), *at)


def fill_runs(server: Running, count: int) -> str:
    """The id of a fresh experiment with `count` runs of five metrics, four params and a tag."""
    experiment = Client(server.url).new_experiment()
    cuts = [count * i // FILLERS for i in range(FILLERS + 1)]
    context = mp.get_context("fork")
    parts = [
        context.Process(target=fill, args=(server.url, experiment, cuts[i], cuts[i + 1]))
        for i in range(FILLERS)
    ]
    for process in parts:
        process.start()
    for process in parts:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"filling {count} runs failed with {process.exitcode}")
    return experiment


def fill(url: str, experiment: str, first: int, last: int) -> None:
    """Creates runs first..last-1."""
    client = Client(url)
    chance = random.Random(first)
    at = now()
    for index in range(first, last):
        run = client.new_run(experiment, at + index)
        names = ("loss", "accuracy", "auc", "f1", "lr")
        params = {
            "lr": str(chance.choice([0.1, 0.01, 0.001])),
            "depth": str(chance.randint(1, 12)),
            "model": chance.choice(["xgb", "mlp", "rf"]),
            "seed": str(index),
        }
        client.post(
            "/runs/log-batch",
            run_id=run,
            metrics=[{"key": key, "value": chance.random(), "timestamp": at, "step": 0} for key in names],
            params=[{"key": key, "value": value} for key, value in params.items()],
            tags=[{"key": "team", "value": chance.choice("abcd")}],
        )


def fill_history(server: Running, points: int) -> str:
    """The id of a fresh run with `points` points of `loss`."""
    client = Client(server.url)
    run = client.new_run(client.new_experiment())
    at = now()
    for first in range(0, points, BATCH_METRICS):
        steps = range(first, min(points, first + BATCH_METRICS))
        batch = [{"key": "loss", "value": 1.0 / (i + 1), "timestamp": at + i, "step": i} for i in steps]
        client.post("/runs/log-batch", run_id=run, metrics=batch)
    return run
