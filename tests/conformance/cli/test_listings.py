"""`jobs`, `runs` and `logs`: tables on a terminal, whole rows in a pipe, JSON for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving


def make_run(url: str, name: str, params: dict[str, str], metrics: dict[str, float]) -> str:
    """The id of a finished run with these params and metrics, logged as the MLflow client does."""
    api = f"{url}/api/2.0/mlflow"
    created = requests.post(
        f"{api}/runs/create",
        json={"experiment_id": "0", "run_name": name, "start_time": 1357000000000},
        timeout=30,
    ).json()
    run: str = created["run"]["info"]["run_id"]
    batch: Any = {
        "run_id": run,
        "params": [{"key": key, "value": value} for key, value in params.items()],
        "metrics": [
            {"key": key, "value": value, "timestamp": 1357000000000, "step": 3}
            for key, value in metrics.items()
        ],
    }
    assert requests.post(f"{api}/runs/log-batch", json=batch, timeout=30).ok
    end: Any = {"run_id": run, "status": "FINISHED", "end_time": 1357000060000}
    assert requests.post(f"{api}/runs/update", json=end, timeout=30).ok
    return run


@pytest.fixture(scope="module")
def runs(serving: Serving) -> list[str]:
    """Two runs that differ."""
    return [
        make_run(serving.url, "wide", {"lr": "0.1", "depth": "8"}, {"loss": 0.25, "val_auc": 0.71}),
        make_run(serving.url, "narrow", {"lr": "0.1", "depth": "4"}, {"loss": 0.5, "val_auc": 0.69}),
    ]


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("command", ["jobs", "runs"])
def test_a_table_fits_the_terminal_and_keeps_ids_whole(
    cli: Cli, runs: list[str], command: str, columns: int
) -> None:
    done = cli.json("submit", "--no-code", "--name", "a rather long name of a job " * 3, "--", "true")
    plain = Cli(cli.data, cli.folder, {"NO_COLOR": "1"})
    lines = plain.on_terminal(command, "--limit", "1000", columns=columns).splitlines()
    assert max(map(len, lines)) <= columns
    ids = runs if command == "runs" else [done["id"]]
    for wanted in ids:
        assert any(line.startswith(wanted + "  ") for line in lines)
    assert ("STARTED" if command == "runs" else "SUBMITTED") in lines[0] or columns < 200


def test_colours_are_for_terminals_that_want_them(cli: Cli, runs: list[str]) -> None:
    assert "\x1b[32mFINISHED\x1b[0m" in cli.on_terminal("runs", columns=100)
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in Cli(cli.data, cli.folder, env).on_terminal("runs", columns=100)
    assert "\x1b" not in cli.ok("runs")


def test_a_job_is_shown_with_its_steps(cli: Cli) -> None:
    done = cli.run("submit", "--no-code", "--name", "steps", "--json", "--", "sh", "-c", "exit 3")
    assert done.returncode == 1
    job = json.loads(done.stdout)["id"]
    shown = cli.on_terminal("jobs", "show", job, columns=80)
    assert "exited with code 3" in shown
    assert all(state in shown for state in ("PENDING", "QUEUED", "STARTING", "RUNNING", "FAILED"))
    assert "?[" not in shown  # a colour that was taken for text
    plain = Cli(cli.data, cli.folder, {"NO_COLOR": "1"}).on_terminal("jobs", "show", job, columns=80)
    assert max(map(len, plain.splitlines())) <= 80


def test_jobs_are_listed_by_state_queue_and_name(cli: Cli) -> None:
    first = cli.json("submit", "--no-code", "--name", "listed", "--queue", "nightly", "--", "true")["id"]
    listed = cli.json(
        "jobs", "--name", "listed", "--queue", "nightly", "--state", "SUCCEEDED", "--state", "FAILED"
    )
    assert [job["id"] for job in listed["jobs"]] == [first]
    assert cli.json("jobs", "--name", "listed", "--state", "FAILED")["jobs"] == []
    assert "No jobs" in cli.ok("jobs", "--name", "of nobody")
    assert "state: expected PENDING, QUEUED" in cli.refused(2, "jobs", "--state", "DONE")
    assert "limit: expected an integer from 1 to 1000" in cli.refused(2, "jobs", "--limit", "0")


def test_runs_are_searched_in_mlflows_grammar(cli: Cli, runs: list[str]) -> None:
    found = cli.json("runs", "--filter", "metrics.val_auc > 0.7 and params.depth = '8'")
    assert [run["id"] for run in found["runs"]] == [runs[0]]
    ordered = cli.json(
        "runs", "--filter", "params.lr = '0.1'", "--order-by", "metrics.loss DESC", "--limit", "1"
    )
    assert [run["id"] for run in ordered["runs"]] == [runs[1]]
    table = cli.ok("runs", "--filter", "params.lr = '0.1'", "--metric", "loss")
    assert table.splitlines()[0].split()[:4] == ["RUN", "NAME", "STATUS", "loss"]
    assert "No runs match" in cli.ok("runs", "--filter", "metrics.loss > 9")
    assert "Invalid filter" in cli.refused(2, "runs", "--filter", "metrics.loss >")
    assert 'no experiment has this id or name: "none"' in cli.refused(1, "runs", "--experiment", "none")


def test_a_run_is_shown(cli: Cli, runs: list[str]) -> None:
    shown = cli.ok("runs", "show", runs[0])
    assert "wide" in shown and "FINISHED" in shown and "1 min 00 s" in shown
    assert "val_auc" in shown and "0.71" in shown and "depth" in shown
    assert f"/runs/{runs[0]}\n" in cli.on_terminal(
        "runs", "show", runs[0], columns=40
    )  # a page that can be opened
    assert cli.json("runs", "show", runs[0])["params"] == {"lr": "0.1", "depth": "8"}


def test_runs_are_compared_and_what_differs_is_bold(cli: Cli, runs: list[str]) -> None:
    shown = cli.on_terminal("runs", "compare", *runs, columns=120)
    assert "\x1b[1m8\x1b[0m" in shown and "\x1b[1m4\x1b[0m" in shown  # depth
    assert "\x1b[2m0.1\x1b[0m" in shown  # lr
    assert [run["id"] for run in cli.json("runs", "compare", *runs)["runs"]] == runs


def test_compared_runs_of_one_name_are_told_apart(cli: Cli, serving: Serving) -> None:
    twins = [make_run(serving.url, "twin", {"depth": depth}, {"loss": 0.5}) for depth in ("4", "8")]
    plain = Cli(cli.data, cli.folder, {"NO_COLOR": "1"})
    lines = plain.on_terminal("runs", "compare", *twins, columns=60).splitlines()
    assert lines[0].split() == ["KIND", "KEY", *(run[:8] for run in twins)]
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize(
    "command", [["jobs", "show"], ["jobs", "cancel"], ["logs"], ["logs", "-f"], ["runs", "show"]]
)
def test_an_id_that_nothing_has_is_named(cli: Cli, command: list[str]) -> None:
    told = cli.refused(1, *command, "0123456789abcdef")
    assert "0123456789abcdef" in told
    assert f"`orrery {'runs' if command[0] == 'runs' else 'jobs'}` lists them" in told
    assert "..%2Fx" in cli.refused(2, *command, "../x")


def test_every_command_prints_one_json_document(cli: Cli, project: Path, runs: list[str]) -> None:
    job = cli.json("submit", "--no-code", "--", "printf", "a\\377b")
    assert job["state"] == "SUCCEEDED"
    assert cli.json("jobs")["jobs"]
    assert cli.json("jobs", "show", job["id"])["id"] == job["id"]
    assert cli.json("logs", job["id"]) == {"job_id": job["id"], "log": "a\ufffdb"}
    assert cli.json("logs", "-f", job["id"]) == {"job_id": job["id"], "log": "a\ufffdb"}
    assert cli.json("runs")["runs"]
    detached = cli.json("submit", "--detach", "--no-code", "--", "sleep", "60")["id"]
    assert cli.json("jobs", "cancel", detached)["id"] == detached
