"""The promises, and how each is measured on one server."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bench.process import memory
from bench.servers import Running
from bench.tracking import load
from bench.tracking.client import Client


class Size(NamedTuple):
    """How much work a server is given."""

    seconds: float = 5.0
    runs: int = 10_000
    points: int = 100_000


class Value(NamedTuple):
    """What was measured: the number that the target bounds, and the wall times beside it (ms), where there are any."""

    amount: float
    wall_p50_ms: float | None = None
    wall_p99_ms: float | None = None
    note: str = ""


class Promise(NamedTuple):
    """A line of the table: `amount` of the measured value, in `unit`, is at most `target`."""

    key: str
    title: str
    unit: str
    target: float
    measure: Callable[[Running, Size], Value]


def of(timing: load.Timing, note: str = "") -> Value:
    return Value(timing.cpu_ms, timing.wall_p50_ms, timing.wall_p99_ms, note)


def create(server: Running, size: Size) -> Value:
    return of(load.measure(server, load.create, 1, size.seconds))


def log_metric(server: Running, size: Size) -> Value:
    return of(load.measure(server, load.log_metric, 8, size.seconds))


def log_batch(server: Running, size: Size) -> Value:
    return of(load.measure(server, load.log_batch, 1, size.seconds))


def search(server: Running, size: Size) -> Value:
    """100 rows of a filtered page in the order of a metric."""
    experiment = load.fill_runs(server, size.runs)
    client = Client(server.url)
    query = {
        "experiment_ids": [experiment],
        "filter": "metrics.accuracy > 0.5 and params.model = 'xgb'",
        "order_by": ["metrics.loss ASC"],
        "max_results": 100,
    }

    def call() -> None:
        found = client.call("POST", "/runs/search", json=query).json()["runs"]
        if len(found) != 100:
            raise RuntimeError(f"a page of 100 runs had {len(found)}")

    return of(load.repeat(server, call, size.seconds, least=3), f"{size.runs:,} runs")


def history(server: Running, size: Size) -> Value:
    """All points of one metric in one answer."""
    run = load.fill_history(server, size.points)
    client = Client(server.url)

    def call() -> None:
        reply = client.call("GET", "/metrics/get-history", params={"run_id": run, "metric_key": "loss"})
        found = reply.content.count(b'"step"')
        if found != size.points:
            raise RuntimeError(f"a history of {size.points} points had {found}")

    return of(load.repeat(server, call, size.seconds, least=3), f"{size.points:,} points")


def start(server: Running, _size: Size) -> Value:
    return Value(server.start_seconds * 1000)


def idle_memory(server: Running, _size: Size) -> Value:
    return Value(memory(server.pid).rss)


# Start and memory come first: a server is idle only before it has worked.
PROMISES = [
    Promise("start", "start to ready, fresh folder", "ms", 150, start),
    Promise("idle_memory", "idle resident memory", "MiB", 80, idle_memory),
    Promise("create", "runs/create", "ms CPU", 0.3, create),
    Promise("log_metric", "log-metric, 8 clients", "ms CPU", 0.2, log_metric),
    Promise("log_batch", "log-batch of 1,000 metrics", "ms CPU", 3, log_batch),
    Promise("search", "runs/search, filter and metric order, 100 rows", "ms CPU", 5, search),
    Promise("history", "get-history", "ms CPU", 60, history),
]
