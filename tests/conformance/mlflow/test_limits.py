"""Lengths and alphabets of names and values, as MLflow sets them."""

from __future__ import annotations

import pytest

from tests.conformance.mlflow.wire import Wire, pairs, unique

PARAM_LENGTH = 6000
TAG_LENGTH = 8000
KEY_LENGTH = 250

GOOD_KEYS = ["a", "A-b_c.d", "with space", "folder/key", "time:12", "Ω", "0", "x" * KEY_LENGTH, "a/b/c"]
BAD_KEYS = [
    "",
    "..",
    "../a",
    "a/../b",
    "/a",
    "a//b",
    "./a",
    "a/",
    "a#b",
    "a?b",
    "a\x00b",
    "a\nb",
    "a,b",
    "x" * (KEY_LENGTH + 1),
]
BAD_KEYS += ["a" * 10_000_000]


@pytest.mark.parametrize("key", GOOD_KEYS, ids=lambda key: key[:20])
def test_good_keys(wire: Wire, run: str, key: str) -> None:
    wire.post("runs/log-metric", run_id=run, key=key, value=1, timestamp=1)
    wire.post("runs/log-parameter", run_id=run, key=key, value="v")
    wire.post("runs/set-tag", run_id=run, key=key, value="v")
    found = wire.run(run)["data"]
    assert pairs(found["metrics"]) == {key: 1.0}
    assert pairs(found["params"]) == {key: "v"}
    assert pairs(found["tags"])[key] == "v"


@pytest.mark.parametrize("key", BAD_KEYS, ids=lambda key: repr(key[:20]))
def test_bad_keys(wire: Wire, run: str, key: str) -> None:
    before = wire.run(run)
    wire.invalid("runs/log-metric", run_id=run, key=key, value=1, timestamp=1)
    wire.invalid("runs/log-parameter", run_id=run, key=key, value="v")
    wire.invalid("runs/set-tag", run_id=run, key=key, value="v")
    wire.invalid("runs/log-batch", run_id=run, params=[{"key": key, "value": "v"}])
    assert wire.run(run) == before


def test_long_params_and_tags_are_cut(wire: Wire, run: str) -> None:
    wire.post("runs/log-parameter", run_id=run, key="one", value="p" * (PARAM_LENGTH + 1))
    wire.post("runs/set-tag", run_id=run, key="one", value="t" * (TAG_LENGTH + 1))
    params = [{"key": "batch", "value": "p" * 2 * PARAM_LENGTH}]
    wire.post(
        "runs/log-batch", run_id=run, params=params, tags=[{"key": "batch", "value": "t" * 2 * TAG_LENGTH}]
    )
    found = wire.run(run)["data"]
    assert pairs(found["params"]) == {"one": "p" * PARAM_LENGTH, "batch": "p" * PARAM_LENGTH}
    tags = pairs(found["tags"])
    assert tags["one"] == tags["batch"] == "t" * TAG_LENGTH


def test_cut_counts_characters(wire: Wire, run: str) -> None:
    wire.post("runs/log-parameter", run_id=run, key="p", value="Ω" * (PARAM_LENGTH + 5))
    assert pairs(wire.run(run)["data"]["params"]) == {"p": "Ω" * PARAM_LENGTH}


def test_a_cut_param_logged_again_is_the_same(wire: Wire, run: str) -> None:
    for _ in range(2):
        wire.post("runs/log-parameter", run_id=run, key="p", value="x" * (PARAM_LENGTH + 10))


def test_experiment_names(wire: Wire) -> None:
    longest = unique("n").ljust(256, "x")
    wire.post("experiments/create", name=longest)
    wire.invalid("experiments/create", name="n" * 501)
    wire.invalid("experiments/create", name="")
    wire.invalid("experiments/create", name="n" * 10_000_000)


def test_experiment_tags(wire: Wire, experiment: str) -> None:
    wire.post("experiments/set-experiment-tag", experiment_id=experiment, key="k", value="v" * 5000)
    wire.invalid("experiments/set-experiment-tag", experiment_id=experiment, key="k" * 251, value="v")
    wire.invalid("experiments/set-experiment-tag", experiment_id=experiment, key="k", value="v" * 20_001)


@pytest.mark.differs("has no bound of its own and fails inside its database, or accepts")
def test_long_run_names_are_refused_or_kept(wire: Wire, experiment: str) -> None:
    reply = wire.call("POST", "runs/create", json={"experiment_id": experiment, "run_name": "n" * 10_000_000})
    assert reply.status_code == 400
    assert "run_name" in reply.json()["message"]


BAD_IDS = ["../x", "..", "a/b", "a:b", "x\x00", "x" * 10_000, " ", "."]


@pytest.mark.parametrize("value", BAD_IDS, ids=lambda value: repr(value[:20]))
def test_ids_are_never_paths(wire: Wire, value: str) -> None:
    for path, query in (
        ("runs/get", {"run_id": value}),
        ("experiments/get", {"experiment_id": value}),
        ("artifacts/list", {"run_id": value}),
        ("metrics/get-history", {"run_id": value, "metric_key": "m"}),
        ("registered-models/get", {"name": value}),
    ):
        reply = wire.call("GET", path, params=query)
        allowed = (400, 404) if path != "metrics/get-history" else (200, 400, 404)
        assert reply.status_code in allowed, f"{path} {reply.status_code} {reply.text[:200]}"


@pytest.mark.parametrize("value", ["a/b", "a:b", "", "..", "y" * 10_000])
def test_model_names(wire: Wire, value: str) -> None:
    reply = wire.call("POST", "registered-models/create", json={"name": value})
    if wire.server.stock and len(value) > 300:  # no bound in its SQLite
        return
    if value == ".." and wire.server.stock:
        return
    assert reply.status_code == 400
    assert reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_dataset_lengths(wire: Wire, run: str) -> None:
    good = {"name": "d" * 500, "digest": "0" * 36, "source_type": "local", "source": "{}"}
    wire.post("runs/log-inputs", run_id=run, datasets=[{"dataset": good}])
    for change in (
        {"name": "d" * 501},
        {"digest": "0" * 37},
        {"source": "s" * 65_536},
        {"profile": "p" * 16_777_216},
    ):
        wire.invalid("runs/log-inputs", run_id=run, datasets=[{"dataset": good | change}])
    assert len(wire.run(run)["inputs"]["dataset_inputs"]) == 1
