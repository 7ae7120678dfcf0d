"""runs/search: every entity, operator and spelling of MLflow's filter grammar, on one small population."""

from __future__ import annotations

import pytest

from tests.conformance.mlflow.wire import Json, Wire, unique

A_TIME = 1_700_000_000_000


@pytest.fixture(scope="module")
def population(wire: Wire) -> tuple[str, dict[str, str]]:
    """Six runs a..f in one experiment: (experiment id, run id by letter)."""
    experiment = wire.post("experiments/create", name=unique("search/population"))["experiment_id"]
    described: dict[str, Json] = {
        "a": {
            "loss": 0.1,
            "model": "xgb",
            "lr": "0.01",
            "team": "blue",
            "status": "FINISHED",
            "data": "train",
        },
        "b": {"loss": 0.2, "model": "XGB", "lr": "0.1", "team": "red", "status": "FAILED", "data": "test"},
        "c": {"loss": 0.3, "model": "mlp", "lr": "1e-3", "team": "blue", "status": "RUNNING"},
        "d": {"loss": "NaN", "model": "mlp_2", "lr": "", "team": "50%", "status": "KILLED"},
        "e": {"loss": -5, "model": "it's", "team": 'a "b"', "status": "FINISHED"},
        "f": {},
    }
    runs = {}
    for index, (letter, facts) in enumerate(described.items()):
        run = wire.create_run(
            experiment, run_name=f"run {letter}", user_id=f"u{index}", start_time=A_TIME + index
        )
        runs[letter] = run
        params = [{"key": key, "value": facts[key]} for key in ("model", "lr") if key in facts]
        params += [{"key": "a b", "value": letter}, {"key": "x.y-z/w", "value": letter}]
        tags = [{"key": "team", "value": facts["team"]}] if "team" in facts else []
        metrics = []
        if "loss" in facts:
            metrics = [{"key": "loss", "value": facts["loss"], "timestamp": 1, "step": 0}]
            metrics += [{"key": "val loss", "value": facts["loss"], "timestamp": 1, "step": 0}]
        wire.post("runs/log-batch", run_id=run, metrics=metrics, params=params, tags=tags)
        if "status" in facts:
            wire.post("runs/update", run_id=run, status=facts["status"], end_time=A_TIME + 100 * index)
        if "data" in facts:
            dataset = {
                "name": f"d-{facts['data']}",
                "digest": f"dig{index}",
                "source_type": "local",
                "source": "{}",
            }
            context = [{"key": "mlflow.data.context", "value": facts["data"]}]
            wire.post("runs/log-inputs", run_id=run, datasets=[{"dataset": dataset, "tags": context}])
    return experiment, runs


def found(wire: Wire, population: tuple[str, dict[str, str]], text: str) -> str:
    experiment, runs = population
    answer = wire.post("runs/search", experiment_ids=[experiment], filter=text).get("runs", [])
    letters = {run: letter for letter, run in runs.items()}
    return "".join(sorted(letters[row["info"]["run_id"]] for row in answer))


FILTERS = [
    ("", "abcdef"),
    # metrics: numbers, every comparison; a run without the metric never matches, one with NaN only !=
    ("metrics.loss > 0.1", "bc"),
    ("metrics.loss >= 0.1", "abc"),
    ("metrics.loss < 0.2", "ae"),
    ("metrics.loss <= 0.2", "abe"),
    ("metrics.loss = 0.2", "b"),
    ("metrics.loss != 0.2", "acde"),
    ("metric.loss > 2e-1", "c"),
    ("metrics.loss = -5", "e"),
    ("metrics.loss > -5.5 AND metrics.loss < 0", "e"),
    ("metrics.`val loss` > 0.1", "bc"),
    ('metrics."val loss" > 0.1', "bc"),
    ("metrics.absent > 0", ""),
    ("metrics.loss>0.1 and metrics.loss<0.3", "b"),
    # params: quoted text
    ("params.model = 'xgb'", "a"),
    ('params.model = "xgb"', "a"),
    ("param.model = 'xgb'", "a"),
    ("parameter.model = 'xgb'", "a"),
    ("parameters.model = 'xgb'", "a"),
    ("params.model != 'xgb'", "bcde"),
    ("params.model LIKE 'x%'", "a"),
    ("params.model ILIKE 'x%'", "ab"),
    ("params.model LIKE '%p%'", "cd"),
    ("params.model LIKE 'ml_'", "c"),
    ("params.model LIKE '_ML'", ""),
    ("params.model ilike '_GB'", "ab"),
    ('params.model = "it\'s"', "e"),
    ("params.lr = ''", "d"),
    ("params.lr = '0.1'", "b"),
    ("params.`a b` = 'c'", "c"),
    ("params.\"a b\" = 'c'", "c"),
    ("params.`x.y-z/w` = 'd'", "d"),
    ("params.lr IS NULL", "ef"),
    ("params.lr IS NOT NULL", "abcd"),
    ("params.lr is not null and params.model = 'mlp'", "c"),
    # tags
    ("tags.team = 'blue'", "ac"),
    ("tag.team = 'blue'", "ac"),
    ("tags.team != 'blue'", "bde"),
    ("tags.team LIKE '50%'", "d"),
    ("tags.team ILIKE 'BL%'", "ac"),
    ("tags.team = 'a \"b\"'", "e"),
    ("tags.team IS NULL", "f"),
    ("tags.team IS NOT NULL", "abcde"),
    ("tags.`mlflow.runName` = 'run b'", "b"),
    ("tags.mlflow.runName = 'run b'", "b"),
    # attributes
    ("attributes.status = 'FINISHED'", "ae"),
    ("attribute.status != 'FINISHED'", "bcdf"),
    ("attr.status = 'KILLED'", "d"),
    ("run.status = 'KILLED'", "d"),
    ("status = 'RUNNING'", "cf"),
    ("status LIKE 'F%'", "abe"),
    ("attributes.run_name = 'run a'", "a"),
    ("run_name LIKE 'run%'", "abcdef"),
    ("attributes.`Run name` = 'run a'", "a"),
    ("attributes.\"Run name\" = 'run a'", "a"),
    ("user_id = 'u3'", "d"),
    ("attributes.user_id ILIKE 'U_'", "abcdef"),
    (f"start_time > {A_TIME + 2}", "def"),
    (f"attributes.start_time = {A_TIME}", "a"),
    (f"attributes.Created <= {A_TIME + 1}", "ab"),
    (f"end_time >= {A_TIME + 100}", "bcde"),
    (f"attributes.end_time != {A_TIME}", "bcde"),
    ("artifact_uri LIKE '%/artifacts'", "abcdef"),
    # datasets
    ("dataset.name = 'd-train'", "a"),
    ("datasets.name LIKE 'd-%'", "ab"),
    ("dataset.name ILIKE 'D-T%'", "ab"),
    ("dataset.digest = 'dig1'", "b"),
    ("dataset.context = 'train'", "a"),
    ("dataset.context IN ('train', 'test')", "ab"),
    ("dataset.name NOT IN ('d-train')", "b"),
    ("dataset.name = 'd-train' AND dataset.context = 'train'", "a"),
    ("dataset.name = 'd-train' AND metrics.loss < 1", "a"),
    # joined
    ("metrics.loss > 0 AND params.model ILIKE 'xgb' AND tags.team = 'red' AND status = 'FAILED'", "b"),
    ("metrics.loss > 0 AnD tags.team = 'blue'", "ac"),
    ("  metrics.loss   >   0.1  ", "bc"),
    # values are data
    ("params.model = 'a; DROP TABLE runs'", ""),
    ("params.`a' OR '1'='1` = 'x'", ""),
]


@pytest.mark.parametrize(("text", "letters"), FILTERS, ids=[text for text, _ in FILTERS])
def test_filter(wire: Wire, population: tuple[str, dict[str, str]], text: str, letters: str) -> None:
    assert found(wire, population, text) == letters


def test_run_ids_in_lists(wire: Wire, population: tuple[str, dict[str, str]]) -> None:
    runs = population[1]
    assert found(wire, population, f"attributes.run_id IN ('{runs['a']}', '{runs['f']}')") == "af"
    assert found(wire, population, f"run_id IN ('{runs['a']}')") == "a"
    assert found(wire, population, f"attributes.run_id NOT IN ('{runs['a']}', '{runs['f']}')") == "bcde"
    assert found(wire, population, f"run_id = '{runs['b']}'") == "b"
    assert found(wire, population, f"run_id != '{runs['b']}'") == "acdef"
    assert found(wire, population, f"run_id LIKE '{runs['b'][:20]}%'") == "b"


BEYOND = [
    ("metrics.loss > 0.25 OR metrics.loss < 0", "ce"),
    ("metrics.loss > 0.25 OR metrics.loss > 0.15 AND tags.team = 'blue'", "c"),
    ("(metrics.loss > 0.1)", "bc"),
    ("NOT metrics.loss > 0.1", "adef"),
    ("NOT (tags.team = 'blue' OR params.model ILIKE 'XGB')", "def"),
    ("params.lr = 0.1", "b"),
    ("params.lr < 0.05", "ac"),
    ("params.lr BETWEEN 0.001 AND 0.01", "ac"),
    ("params.lr IN (0.01, 0.1)", "ab"),
    ("tags.team IN ('blue')", "ac"),
    ("attributes.status IN ('FINISHED')", "ae"),
    ("metrics.loss IS NULL", "f"),
    ("metrics.loss IS NOT NULL AND NOT metrics.loss < 1", "d"),
    ("min(metrics.loss) < 0", "e"),
    ("start_time >= '2023-11-14T22:13:20.003Z'", "def"),
    ("end_time IS NULL", "f"),
    ("job_id IS NULL AND parent_run_id IS NULL AND commit IS NULL AND run_name = 'run a'", "a"),
]


@pytest.mark.differs("refuses all of it")
@pytest.mark.parametrize(("text", "letters"), BEYOND, ids=[text for text, _ in BEYOND])
def test_beyond_mlflows_grammar(
    wire: Wire, population: tuple[str, dict[str, str]], text: str, letters: str
) -> None:
    assert found(wire, population, text) == letters


REFUSED = [
    "metrics.loss > 'text'",
    "metrics.loss LIKE '1%'",
    "metrics.loss",
    "metrics.loss >",
    "> 0.1",
    pytest.param("metrics.loss > 0.1 AND", marks=pytest.mark.differs("reads over it")),
    pytest.param("AND metrics.loss > 0.1", marks=pytest.mark.differs("reads over it")),
    pytest.param("metrics.loss > 0.1 metrics.loss < 1", marks=pytest.mark.differs("reads over it")),
    "params.lr > '0.1'",
    "(metrics.loss > 0.1",
    "metrics.loss > 0.1)",
    "NOT",
    "metrics.loss BETWEEN 1",
    "min(params.lr) > 1",
    "tags.team = blue",
    "attributes.status > 'A'",
    "attributes.nothing = 'x'",
    "attributes.start_time LIKE '1%'",
    "attributes.start_time > 'x'",
    "nonsense.loss > 1",
    "dataset.color = 'red'",
    "dataset.name > 'a'",
    "tags.team = 'blue",
    "metrics.`loss > 1",
    "run_id IN ()",
    "*",
]


@pytest.mark.parametrize("text", REFUSED)
def test_refused_filter(wire: Wire, population: tuple[str, dict[str, str]], text: str) -> None:
    message = wire.invalid("runs/search", experiment_ids=[population[0]], filter=text)
    assert "Traceback" not in message
