"""Metric points: one at a time, their history, pages, exactness, and what the run shows as the latest."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.conformance.mlflow.wire import AJAX, Wire, pairs, unique

LARGEST_DOUBLE = 1.7976931348623157e308
INT64_MAX = 2**63 - 1


def log(wire: Wire, run: str, key: str, *points: tuple[Any, int, int]) -> None:
    """Logs points of (value, timestamp, step), one call each."""
    for value, timestamp, step in points:
        wire.post("runs/log-metric", run_id=run, key=key, value=value, timestamp=timestamp, step=step)


def latest(wire: Wire, run: str, key: str) -> dict[str, Any]:
    found: dict[str, Any]
    [found] = [metric for metric in wire.run(run)["data"]["metrics"] if metric["key"] == key]
    return found


def test_one_point(wire: Wire, run: str) -> None:
    wire.post("runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=123, step=4)
    expected = {"key": "loss", "value": 0.5, "timestamp": 123, "step": 4}
    assert wire.run(run)["data"]["metrics"] == [expected]
    assert wire.history(run, "loss") == [expected]


def test_step_is_zero_unless_given(wire: Wire, run: str) -> None:
    wire.post("runs/log-metric", run_id=run, key="loss", value=1, timestamp=123)
    assert latest(wire, run, "loss")["step"] == 0


def test_latest_is_the_greatest_step_then_time_then_value(wire: Wire, run: str) -> None:
    log(wire, run, "m", (1.0, 50, 7), (2.0, 90, 3), (3.0, 60, 7), (5.0, 60, 7), (4.0, 60, 7), (9.0, 10, 7))
    assert latest(wire, run, "m") == {"key": "m", "value": 5.0, "timestamp": 60, "step": 7}


def test_history_is_ordered_by_time_then_step_then_value(wire: Wire, run: str) -> None:
    log(wire, run, "m", (1.0, 30, 0), (2.0, 10, 5), (3.0, 10, 2), (0.5, 10, 2), (4.0, 20, -9))
    seen = [(point["timestamp"], point["step"], point["value"]) for point in wire.history(run, "m")]
    assert seen == [(10, 2, 0.5), (10, 2, 3.0), (10, 5, 2.0), (20, -9, 4.0), (30, 0, 1.0)]


def test_negative_steps_and_times_of_any_size(wire: Wire, run: str) -> None:
    log(wire, run, "m", (1.0, 1, -5), (2.0, 1, -1))
    assert latest(wire, run, "m")["step"] == -1
    assert [point["step"] for point in wire.history(run, "m")] == [-5, -1]


def test_int64_is_kept_to_the_last_digit(wire: Wire, run: str) -> None:
    log(wire, run, "m", (1.0, 2**53 + 1, 2**53 + 1), (2.0, INT64_MAX, INT64_MAX), (3.0, 5, -(2**63)))
    seen = [(point["timestamp"], point["step"]) for point in wire.history(run, "m")]
    assert seen == [(5, -(2**63)), (2**53 + 1, 2**53 + 1), (INT64_MAX, INT64_MAX)]
    assert latest(wire, run, "m")["step"] == INT64_MAX


def test_integers_may_be_strings(wire: Wire, run: str) -> None:
    wire.post("runs/log-metric", run_id=run, key="m", value="0.25", timestamp="9007199254740993", step="3")
    assert wire.history(run, "m") == [{"key": "m", "value": 0.25, "timestamp": 2**53 + 1, "step": 3}]


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        1 / 3,
        5e-324,
        LARGEST_DOUBLE,
        -LARGEST_DOUBLE,
        1e-7,
        123456789.123456789,
        pytest.param(-0.0, marks=pytest.mark.differs("loses the sign of zero")),
    ],
)
def test_doubles_come_back_bit_for_bit(client: MlflowClient, run: str, value: float) -> None:
    client.log_metric(run, "m", value)
    [point] = client.get_metric_history(run, "m")
    assert point.value == value
    assert math.copysign(1, point.value) == math.copysign(1, value)
    assert client.get_run(run).data.metrics["m"] == value


def test_nan_is_kept(client: MlflowClient, run: str) -> None:
    client.log_metric(run, "m", math.nan)
    [point] = client.get_metric_history(run, "m")
    assert math.isnan(point.value)
    assert math.isnan(client.get_run(run).data.metrics["m"])


def test_infinities_are_kept(wire: Wire, client: MlflowClient, run: str) -> None:
    client.log_metric(run, "up", math.inf)
    client.log_metric(run, "down", -math.inf)
    found = client.get_run(run).data.metrics
    if wire.server.stock:
        assert found == {"up": LARGEST_DOUBLE, "down": -LARGEST_DOUBLE}
    else:
        assert found == {"up": math.inf, "down": -math.inf}


@pytest.mark.differs("bends infinities to the largest double")
def test_non_finite_values_are_strings_on_the_wire(wire: Wire, run: str) -> None:
    log(wire, run, "m", ("NaN", 1, 0), ("Infinity", 2, 0), ("-Infinity", 3, 0))
    assert [point["value"] for point in wire.history(run, "m")] == ["NaN", "Infinity", "-Infinity"]


@pytest.mark.differs("accepts it and stores 0 at time 0")
def test_bare_nan_in_the_body_is_accepted(wire: Wire, run: str) -> None:
    body = f'{{"run_id": "{run}", "key": "m", "value": NaN, "timestamp": 1, "step": 0}}'
    wire.ok("POST", "runs/log-metric", data=body, headers={"Content-Type": "application/json"})
    assert [point["value"] for point in wire.history(run, "m")] == ["NaN"]


def test_a_repeated_point_is_one_point(wire: Wire, run: str) -> None:
    log(wire, run, "m", (1.0, 5, 1), (1.0, 5, 1), (2.0, 5, 1), (1.0, 5, 1))
    assert [point["value"] for point in wire.history(run, "m")] == [1.0, 2.0]


def test_a_repeated_nan_is_one_point(wire: Wire, run: str) -> None:
    log(wire, run, "m", ("NaN", 5, 1), ("NaN", 5, 1))
    assert [point["value"] for point in wire.history(run, "m")] == ["NaN"]


def test_history_of_an_unknown_metric_or_run_is_empty(wire: Wire, run: str) -> None:
    assert wire.get("metrics/get-history", run_id=run, metric_key="nothing") == {}
    assert wire.get("metrics/get-history", run_id="0" * 32, metric_key="nothing") == {}


def test_history_needs_its_fields(wire: Wire, run: str) -> None:
    path, code = "metrics/get-history", "INVALID_PARAMETER_VALUE"
    wire.refused("GET", path, 400, code, params={"run_id": run})
    wire.refused("GET", path, 400, code, params={"metric_key": "m"})
    wire.refused("GET", path, 400, code, params={"run_id": run, "metric_key": "m", "max_results": 0})
    wire.refused("GET", path, 400, code, params={"run_id": run, "metric_key": "m", "max_results": -1})


@pytest.fixture(scope="module")
def long_run(wire: Wire) -> str:
    """A run with 3,000 points of `loss`: value i at time 1000 + i and step i."""
    experiment = wire.post("experiments/create", name=unique("metrics/long"))["experiment_id"]
    run = wire.create_run(experiment)
    for first in range(0, 3000, 1000):
        points = [
            {"key": "loss", "value": i, "timestamp": 1000 + i, "step": i} for i in range(first, first + 1000)
        ]
        wire.post("runs/log-batch", run_id=run, metrics=points)
    return run


@pytest.mark.parametrize("size", [1, 999, 1000, 1001, 2999, 3000, 25000])
def test_history_pages(wire: Wire, long_run: str, size: int) -> None:
    seen: list[float] = []
    token = ""
    while len(seen) < (3 if size == 1 else 3000):
        query = {"page_token": token} if token else {}
        answer = wire.get(
            "metrics/get-history", run_id=long_run, metric_key="loss", max_results=size, **query
        )
        assert len(answer["metrics"]) <= size
        seen += [point["value"] for point in answer["metrics"]]
        token = answer.get("next_page_token", "")
        if not token:
            break
    assert seen == list(range(len(seen)))
    assert len(seen) == (3 if size == 1 else 3000)
    assert bool(token) == (size == 1)


def test_history_through_the_client(client: MlflowClient, long_run: str) -> None:
    points = client.get_metric_history(long_run, "loss")
    assert [point.step for point in points] == list(range(3000))


def test_bad_history_token_is_400(wire: Wire, long_run: str) -> None:
    query = {"run_id": long_run, "metric_key": "loss", "max_results": 10, "page_token": "not a token"}
    wire.refused("GET", "metrics/get-history", 400, "INVALID_PARAMETER_VALUE", params=query)


def test_interval_is_sampled_with_both_ends(wire: Wire, long_run: str) -> None:
    query = {"run_ids": long_run, "metric_key": "loss", "max_results": 320}
    points = wire.get(f"{AJAX}/metrics/get-history-bulk-interval", **query)["metrics"]
    steps = [point["step"] for point in points]
    assert 300 <= len(steps) <= 322
    assert steps[0] == 0
    assert steps[-1] == 2999
    assert steps == sorted(set(steps))
    assert {point["run_id"] for point in points} == {long_run}
    assert max(after - before for before, after in itertools.pairwise(steps)) <= 20


def test_interval_of_some_steps(wire: Wire, long_run: str) -> None:
    query = {
        "run_ids": long_run,
        "metric_key": "loss",
        "start_step": 100,
        "end_step": 110,
        "max_results": 100,
    }
    points = wire.get(f"{AJAX}/metrics/get-history-bulk-interval", **query)["metrics"]
    assert [point["step"] for point in points] == list(range(100, 111))


@pytest.mark.parametrize(
    "query",
    [
        {"metric_key": "loss"},
        {"run_ids": "x"},
        {"run_ids": ["x"] * 101, "metric_key": "loss"},
        {"run_ids": "x", "metric_key": "loss", "start_step": 1},
        {"run_ids": "x", "metric_key": "loss", "end_step": 1},
        {"run_ids": "x", "metric_key": "loss", "start_step": 9, "end_step": 1},
        {"run_ids": "x", "metric_key": "loss", "max_results": 0},
        {"run_ids": "x", "metric_key": "loss", "max_results": 2501},
    ],
)
def test_interval_refuses_bad_queries(wire: Wire, query: dict[str, Any]) -> None:
    path = f"{AJAX}/metrics/get-history-bulk-interval"
    wire.refused("GET", path, 400, "INVALID_PARAMETER_VALUE", params=query)


def test_bulk_history_of_several_runs(wire: Wire, experiment: str) -> None:
    runs = sorted(wire.create_run(experiment) for _ in range(2))
    for run in runs:
        log(wire, run, "m", (2.0, 20, 1), (1.0, 10, 0))
    points = wire.get(f"{AJAX}/metrics/get-history-bulk", run_id=runs, metric_key="m")["metrics"]
    expected = [(run, value) for run in runs for value in (1.0, 2.0)]
    assert [(point["run_id"], point["value"]) for point in points] == expected


def test_many_keys_of_one_run(client: MlflowClient, wire: Wire, run: str) -> None:
    points = [{"key": f"layer/{i}/grad norm", "value": i, "timestamp": 1, "step": 0} for i in range(1000)]
    wire.post("runs/log-batch", run_id=run, metrics=points)
    assert pairs(wire.run(run)["data"]["metrics"]) == {f"layer/{i}/grad norm": float(i) for i in range(1000)}
    assert client.get_metric_history(run, "layer/999/grad norm")[0].value == 999
