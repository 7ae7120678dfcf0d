"""runs/search: order, ties, absent and NaN values, pages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from mlflow import MlflowClient

from tests.conformance.mlflow.wire import Json, Wire, unique

A_TIME = 1_700_000_000_000


@pytest.fixture(scope="module")
def letters(wire: Wire) -> tuple[str, dict[str, str]]:
    """Runs a..f, started in that order: (experiment id, letter by run id)."""
    experiment = wire.post("experiments/create", name=unique("search/order"))["experiment_id"]
    described: dict[str, Json] = {
        "a": {"loss": 2.0, "lr": "b", "team": "z"},
        "b": {"loss": -1.0, "lr": "a", "team": "y"},
        "c": {"loss": "NaN", "lr": "10", "team": "x"},
        "d": {"loss": 2.0, "lr": "9"},
        "e": {"team": "Z"},
        "f": {"loss": 1e300},
    }
    names = {}
    for index, (letter, facts) in enumerate(described.items()):
        run = wire.create_run(experiment, run_name=letter, user_id=f"u{index % 2}", start_time=A_TIME + index)
        points = (
            [{"key": "loss", "value": facts["loss"], "timestamp": 1, "step": 0}] if "loss" in facts else []
        )
        params = [{"key": "lr", "value": facts["lr"]}] if "lr" in facts else []
        tags = [{"key": "team", "value": facts["team"]}] if "team" in facts else []
        wire.post("runs/log-batch", run_id=run, metrics=points, params=params, tags=tags)
        names[run] = letter
    for run, letter in names.items():
        if letter in "bd":
            wire.post("runs/update", run_id=run, status="FINISHED", end_time=A_TIME - ord(letter))
    return experiment, names


def ordered(wire: Wire, letters: tuple[str, dict[str, str]], *order: str) -> str:
    answer = wire.post("runs/search", experiment_ids=[letters[0]], order_by=list(order))["runs"]
    return "".join(letters[1][row["info"]["run_id"]] for row in answer)


ORDERS = [
    ((), "fedcba"),
    # numbers first, then NaN, then absent, in both directions; ties by newest start
    (("metrics.loss ASC",), "bdafce"),
    (("metrics.loss DESC",), "fdabce"),
    (("metrics.loss",), "bdafce"),
    (("metric.loss asc",), "bdafce"),
    (("metrics.`loss` DESC",), "fdabce"),
    (("metrics.loss ASC", "start_time ASC"), "badfce"),
    (("metrics.loss DESC", "attributes.start_time ASC"), "fadbce"),
    # params and tags are text
    (("params.lr ASC",), "cdbafe"),
    (("params.lr DESC",), "abdcfe"),
    (("tags.team ASC",), "ecbafd"),
    (("tags.team DESC",), "abcefd"),
    # attributes
    (("start_time ASC",), "abcdef"),
    (("attributes.start_time DESC",), "fedcba"),
    (("attribute.Created ASC",), "abcdef"),
    (("end_time ASC",), "dbfeca"),
    (("end_time DESC",), "bdfeca"),
    (("status ASC", "start_time ASC"), "bdacef"),
    (("attributes.run_name ASC",), "abcdef"),
    (("run_name DESC",), "fedcba"),
    (("user_id ASC", "run_name ASC"), "acebdf"),
    (("metrics.absent ASC",), "fedcba"),
]


@pytest.mark.parametrize(("order", "expected"), ORDERS, ids=[str(order) for order, _ in ORDERS])
def test_order(
    wire: Wire, letters: tuple[str, dict[str, str]], order: tuple[str, ...], expected: str
) -> None:
    assert ordered(wire, letters, *order) == expected


def test_order_by_run_id(wire: Wire, letters: tuple[str, dict[str, str]]) -> None:
    expected = "".join(letters[1][run] for run in sorted(letters[1]))
    assert ordered(wire, letters, "run_id ASC") == expected
    assert ordered(wire, letters, "attributes.run_id DESC") == expected[::-1]


def test_ties_are_in_order_of_run_id(wire: Wire, experiment: str) -> None:
    runs = [wire.create_run(experiment, start_time=5) for _ in range(6)]
    answer = wire.post("runs/search", experiment_ids=[experiment])["runs"]
    assert [row["info"]["run_id"] for row in answer] == sorted(runs)


REFUSED = [
    "metrics.loss SIDEWAYS",
    "nonsense.loss ASC",
    "attributes.nothing ASC",
    "metrics.loss; drop table runs",
    "",
]


@pytest.mark.parametrize("order", REFUSED)
def test_refused_order(wire: Wire, letters: tuple[str, dict[str, str]], order: str) -> None:
    wire.invalid("runs/search", experiment_ids=[letters[0]], order_by=[order])


@pytest.mark.differs("answers 500")
def test_field_twice_in_the_order(wire: Wire, letters: tuple[str, dict[str, str]]) -> None:
    wire.invalid(
        "runs/search", experiment_ids=[letters[0]], order_by=["metrics.loss ASC", "metrics.loss DESC"]
    )


@pytest.mark.parametrize(
    "order", [[], ["metrics.loss ASC"], ["params.lr DESC"], ["tags.team ASC"], ["end_time ASC"]]
)
@pytest.mark.parametrize("size", [1, 2, 4, 5, 6])
def test_pages_hold_each_run_once_in_order(
    wire: Wire, letters: tuple[str, dict[str, str]], order: list[str], size: int
) -> None:
    whole = ordered(wire, letters, *order)
    seen, token = "", None
    for _ in range(10):
        body: Json = {"page_token": token} if token else {}
        answer = wire.post(
            "runs/search", experiment_ids=[letters[0]], order_by=order, max_results=size, **body
        )
        seen += "".join(letters[1][row["info"]["run_id"]] for row in answer["runs"])
        token = answer.get("next_page_token")
        if not token:
            break
        assert len(answer["runs"]) == size
    assert seen == whole


def test_token_only_when_a_further_run_exists(wire: Wire, letters: tuple[str, dict[str, str]]) -> None:
    assert "next_page_token" not in wire.post("runs/search", experiment_ids=[letters[0]], max_results=6)
    assert "next_page_token" in wire.post("runs/search", experiment_ids=[letters[0]], max_results=5)


@pytest.mark.differs("pages by offset, so that new runs shift what follows")
def test_pages_repeat_nothing_while_runs_are_added(wire: Wire, experiment: str) -> None:
    runs = {wire.create_run(experiment, start_time=100 + index) for index in range(6)}
    seen: list[str] = []
    body: Json = {}
    while True:
        answer = wire.post("runs/search", experiment_ids=[experiment], max_results=2, **body)
        seen += [row["info"]["run_id"] for row in answer["runs"]]
        if "next_page_token" not in answer:
            break
        body = {"page_token": answer["next_page_token"]}
        wire.create_run(experiment, start_time=1000 + len(seen))
    assert sorted(seen) == sorted(runs)


@pytest.mark.parametrize("token", ["nonsense", "eyJvZmZzZXQiOiAieCJ9", "%00", "AAAA"])
def test_bad_token_is_400(wire: Wire, letters: tuple[str, dict[str, str]], token: str) -> None:
    wire.invalid("runs/search", experiment_ids=[letters[0]], page_token=token)


@pytest.mark.parametrize("size", [0, -1, 50001])
def test_bad_size_is_400(wire: Wire, letters: tuple[str, dict[str, str]], size: int) -> None:
    wire.invalid("runs/search", experiment_ids=[letters[0]], max_results=size)


def test_no_experiment_no_runs(wire: Wire) -> None:
    assert wire.post("runs/search") == {}
    assert wire.post("runs/search", experiment_ids=[]) == {}
    assert wire.post("runs/search", experiment_ids=["999999999"]) == {}


def test_several_experiments(client: MlflowClient) -> None:
    experiments = [client.create_experiment(unique("several")) for _ in range(3)]
    runs = [
        client.create_run(experiment, start_time=index).info.run_id
        for index, experiment in enumerate(experiments, 1)
    ]
    found = client.search_runs(experiments[:2], order_by=["start_time ASC"])
    assert [row.info.run_id for row in found] == runs[:2]


def test_order_uses_the_latest_value(wire: Wire, experiment: str) -> None:
    falling, flat = wire.create_run(experiment), wire.create_run(experiment)
    for step, value in enumerate((9.0, 1.0)):
        wire.post("runs/log-metric", run_id=falling, key="loss", value=value, timestamp=1, step=step)
    wire.post("runs/log-metric", run_id=flat, key="loss", value=5.0, timestamp=1, step=0)
    answer = wire.post("runs/search", experiment_ids=[experiment], order_by=["metrics.loss ASC"])["runs"]
    assert [row["info"]["run_id"] for row in answer] == [falling, flat]
    found = wire.post("runs/search", experiment_ids=[experiment], filter="metrics.loss > 6")
    assert found == {}


def test_whole_run_in_the_answer(wire: Wire, experiment: str, run: str) -> None:
    point = {"key": "m", "value": 1.5, "timestamp": 10, "step": 2}
    params = [{"key": "p", "value": "v"}]
    wire.post("runs/log-batch", run_id=run, metrics=[point], params=params, tags=[{"key": "t", "value": "v"}])
    dataset = {"name": "d", "digest": "x", "source_type": "local", "source": "{}"}
    wire.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset}])
    assert wire.post("runs/search", experiment_ids=[experiment])["runs"] == [wire.run(run)]


def test_many_runs_through_the_client(client: MlflowClient, experiment: str) -> None:
    for index in range(30):
        client.create_run(experiment, start_time=index)
    starts, token = [], None
    while True:
        page = client.search_runs([experiment], max_results=7, order_by=["start_time DESC"], page_token=token)
        starts += [row.info.start_time for row in page]
        token = page.token
        if not token:
            break
    assert len(starts) == 30
    assert all(before > after for before, after in pairwise(starts))
