"""log-batch: everything of a run in one call."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from tests.conformance.mlflow.wire import Json, Wire, pairs


def metric(key: str, value: Any = 1.0, timestamp: Any = 1, step: Any = 0) -> Json:
    return {"key": key, "value": value, "timestamp": timestamp, "step": step}


def rows(prefix: str, count: int) -> list[Json]:
    return [{"key": f"{prefix}{i}", "value": str(i)} for i in range(count)]


def test_all_kinds_at_once(client: MlflowClient, run: str) -> None:
    client.log_batch(
        run, [Metric("m", 0.5, 10, 2), Metric("m", 0.25, 20, 3)], [Param("p", "1")], [RunTag("t", "2")]
    )
    found = client.get_run(run).data
    assert found.metrics == {"m": 0.25}
    assert found.params == {"p": "1"}
    assert found.tags["t"] == "2"
    assert [point.value for point in client.get_metric_history(run, "m")] == [0.5, 0.25]


def test_empty_batch(wire: Wire, run: str) -> None:
    assert wire.post("runs/log-batch", run_id=run) == {}


def test_repeated_batch_changes_nothing(wire: Wire, run: str) -> None:
    body: Json = {
        "metrics": [metric("m", i, 100 + i, i) for i in range(10)],
        "params": rows("p", 3),
        "tags": rows("t", 3),
    }
    wire.post("runs/log-batch", run_id=run, **body)
    once = wire.run(run), wire.history(run, "m")
    wire.post("runs/log-batch", run_id=run, **body)
    assert (wire.run(run), wire.history(run, "m")) == once
    assert len(once[1]) == 10


def test_repeated_points_inside_one_batch(wire: Wire, run: str) -> None:
    wire.post("runs/log-batch", run_id=run, metrics=[metric("m"), metric("m"), metric("m", 2.0), metric("m")])
    assert [point["value"] for point in wire.history(run, "m")] == [1.0, 2.0]


def test_points_out_of_order(wire: Wire, run: str) -> None:
    wire.post(
        "runs/log-batch",
        run_id=run,
        metrics=[metric("m", 3, 30, 3), metric("m", 1, 10, 1), metric("m", 2, 20, 2)],
    )
    assert pairs(wire.run(run)["data"]["metrics"]) == {"m": 3.0}
    assert [point["step"] for point in wire.history(run, "m")] == [1, 2, 3]


def test_tag_of_the_name_renames(wire: Wire, run: str) -> None:
    wire.post("runs/log-batch", run_id=run, tags=[{"key": "mlflow.runName", "value": "renamed"}])
    assert wire.run(run)["info"]["run_name"] == "renamed"


@pytest.mark.parametrize(("metrics", "params", "tags"), [(1000, 0, 0), (800, 100, 100), (0, 100, 100)])
def test_largest_batches(wire: Wire, run: str, metrics: int, params: int, tags: int) -> None:
    points = [metric(f"m{i}") for i in range(metrics)]
    wire.post("runs/log-batch", run_id=run, metrics=points, params=rows("p", params), tags=rows("t", tags))
    found = wire.run(run)["data"]
    assert len(found.get("metrics", [])) == metrics
    assert len(found.get("params", [])) == params


@pytest.mark.parametrize(
    ("metrics", "params", "tags"), [(1001, 0, 0), (0, 101, 0), (0, 0, 101), (901, 50, 50), (1000, 1, 0)]
)
def test_too_many_entries_write_nothing(wire: Wire, run: str, metrics: int, params: int, tags: int) -> None:
    before = wire.run(run)
    points = [metric(f"m{i}") for i in range(metrics)]
    wire.invalid("runs/log-batch", run_id=run, metrics=points, params=rows("p", params), tags=rows("t", tags))
    assert wire.run(run) == before


def test_largest_texts_at_once(wire: Wire, run: str) -> None:
    params = [{"key": f"p{i}", "value": "x" * 6000} for i in range(100)]
    tags = [{"key": f"t{i}", "value": "y" * 8000} for i in range(100)]
    wire.post("runs/log-batch", run_id=run, params=params, tags=tags)
    assert pairs(wire.run(run)["data"]["params"]) == pairs(params)


@pytest.mark.parametrize("second", ["1", "2"])
def test_one_param_twice_is_refused(wire: Wire, run: str, second: str) -> None:
    wire.invalid(
        "runs/log-batch", run_id=run, params=[{"key": "p", "value": "1"}, {"key": "p", "value": second}]
    )
    assert "params" not in wire.run(run)["data"]


@pytest.mark.differs("writes params before it looks at metrics and tags")
def test_changed_param_writes_nothing_else(wire: Wire, run: str) -> None:
    wire.post("runs/log-parameter", run_id=run, key="p", value="1")
    before = wire.run(run)
    params = [{"key": "new", "value": "1"}, {"key": "p", "value": "2"}]
    message = wire.invalid(
        "runs/log-batch", run_id=run, params=params, metrics=[metric("m")], tags=rows("t", 1)
    )
    assert "Changing param values is not allowed" in message
    assert wire.run(run) == before


def test_changed_param_is_refused(wire: Wire, run: str) -> None:
    wire.post("runs/log-parameter", run_id=run, key="p", value="1")
    wire.invalid("runs/log-batch", run_id=run, params=[{"key": "p", "value": "2"}])
    assert pairs(wire.run(run)["data"]["params"]) == {"p": "1"}


BAD_POINTS: list[Json] = [
    {"value": 1.0, "timestamp": 1, "step": 0},
    {"key": "m", "timestamp": 1, "step": 0},
    {"key": "m", "value": 1.0, "step": 0},
    metric("m", None),
    metric("m", timestamp=-1),
    metric("../up"),
    metric("x" * 251),
    metric(""),
]
ILL_TYPED_POINTS: list[Json] = [
    metric("m", "many"),
    metric("m", [1]),
    metric("m", {"a": 1}),
    metric("m", timestamp="now"),
    metric("m", timestamp=[]),
    metric("m", step="first"),
    metric("m", step=1.5),
    metric("m", step=2**63),
    metric("m", step=-(2**63) - 1),
]


@pytest.mark.parametrize("point", BAD_POINTS, ids=str)
def test_a_bad_point_spoils_the_batch(wire: Wire, run: str, point: Json) -> None:
    before = wire.run(run)
    wire.invalid("runs/log-batch", run_id=run, metrics=[metric("good"), point])
    assert wire.run(run) == before


@pytest.mark.differs("stores 0 in place of what it cannot read")
@pytest.mark.parametrize("point", ILL_TYPED_POINTS, ids=str)
def test_an_ill_typed_point_spoils_the_batch(wire: Wire, run: str, point: Json) -> None:
    before = wire.run(run)
    wire.invalid("runs/log-batch", run_id=run, metrics=[metric("good"), point], params=rows("p", 1))
    assert wire.run(run) == before


def test_whole_numbers_in_any_spelling(wire: Wire, run: str) -> None:
    wire.post(
        "runs/log-batch", run_id=run, metrics=[metric("m", 1, 1e3, 20.0), metric("m", "2", "2000", "30")]
    )
    seen = [(point["value"], point["timestamp"], point["step"]) for point in wire.history(run, "m")]
    assert seen == [(1.0, 1000, 20), (2.0, 2000, 30)]
