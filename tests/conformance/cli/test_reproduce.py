"""`orrery reproduce`: the same again, or why not, and what differs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conformance.cli.command import Cli
from tests.conformance.program import REPOSITORY, Serving

TRAINING_SECONDS = 280

# Logs through the REST wire with nothing installed: a value that depends on all that is restored.
SCRIPT = """
import json, os, random, sys, urllib.request

random.seed(os.environ.get("ORRERY_SEED"))
rate = float(json.loads(os.environ["ORRERY_PARAMS"])["rate"])
data = open(sys.argv[1]).read()
for step in range(20):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "loss", "step": step, "timestamp": 1,
            "value": len(data) + rate * random.random()}
    urllib.request.urlopen(urllib.request.Request(
        os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
        json.dumps(body).encode(), {"Content-Type": "application/json"})).read()
"""


@pytest.fixture
def trained(cli: Cli, project: Path) -> str:
    """A run of a script with an input, a param and a seed, whose code was not committed."""
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    (project / "train.py").write_text(SCRIPT)
    (project.parent / "data.csv").write_text("1,2,3\n")
    data = str(project.parent / "data.csv")
    job = cli.json("submit", "--param", "rate=0.1", "--seed", "7", "--input", data, "train.py", data)
    assert job["state"] == "SUCCEEDED", job
    return str(job["run_id"])


def test_the_same_comes_out_to_the_last_bit_whatever_became_of_the_folder(
    cli: Cli, project: Path, trained: str
) -> None:
    (project / "train.py").write_text("raise SystemExit('not what ran')\n")
    shown = cli.ok("reproduce", "--bitwise", trained)
    assert "Every metric is the same, to the last bit." in shown
    assert next(line.split() for line in shown.splitlines() if line.startswith("loss"))[-1] == "none"
    again = cli.json("reproduce", "--bitwise", trained)
    assert again["verdict"] == "IDENTICAL"
    assert again["job"]["spec"]["reproduces"] == trained
    metric = again["differences"]["metrics"][0]
    assert (metric["key"], metric["points_a"], metric["points_b"], metric["greatest"]) == ("loss", 20, 20, 0)


def test_a_changed_input_is_named_and_nothing_is_submitted(cli: Cli, project: Path, trained: str) -> None:
    before = len(cli.json("jobs", "--limit", "1000")["jobs"])
    data = project.parent / "data.csv"
    data.write_text("1,2,4\n")
    refused = cli.refused(1, "reproduce", trained)
    assert f'"{data}" has changed: it was blake3:' in refused
    data.unlink()
    assert f'"{data}" cannot be read any more' in cli.refused(1, "reproduce", trained)
    assert len(cli.json("jobs", "--limit", "1000")["jobs"]) == before


def test_bitwise_insists_and_ignore_lets_go(cli: Cli, project: Path) -> None:
    (project / "unsteady.py").write_text(
        SCRIPT.replace("rate * random.random()", "random.SystemRandom().random()")
    )
    job = cli.json("submit", "--param", "rate=1", "unsteady.py", os.devnull)
    run = job["run_id"]
    assert "The runs differ." in cli.ok("reproduce", run)
    done = cli.run("reproduce", "--bitwise", run)
    assert done.returncode == 1
    assert "from step 0" in done.stdout
    steady = SCRIPT.replace('"loss"', '"steady"')
    (project / "unsteady.py").write_text((project / "unsteady.py").read_text() + steady)
    run = cli.json("submit", "--param", "rate=1", "--seed", "7", "unsteady.py", os.devnull)["run_id"]
    assert cli.run("reproduce", "--bitwise", run).returncode == 1
    cli.ok("reproduce", "--bitwise", "--ignore", "loss", run)


def test_bitwise_proves_nothing_without_a_metric(cli: Cli, trained: str) -> None:
    run = cli.json("submit", "--no-code", "--param", "rate=1", "--", "true")["run_id"]
    done = cli.run("reproduce", "--bitwise", run)
    assert done.returncode == 4
    assert "Nothing was compared" in done.stdout and "not proven" in done.stdout
    assert "Nothing was compared" in cli.ok("reproduce", run)
    assert cli.run("reproduce", "--bitwise", "--ignore", "loss", trained).returncode == 4
    told = cli.json("reproduce", run)
    assert told["verdict"] == "NOTHING_COMPARED"
    assert "--bitwise" in cli.refused(2, "reproduce", "--bitwise", "--detach", run)


def test_what_the_server_measures_is_not_compared(cli: Cli, project: Path) -> None:
    (project / "measured.py").write_text(
        SCRIPT.replace('"key": "loss"', '"key": "system/load"').replace(
            "rate *", "random.SystemRandom().random() +"
        )
        + SCRIPT
    )
    run = cli.json("submit", "--param", "rate=1", "--seed", "7", "measured.py", os.devnull)["run_id"]
    told = cli.json("reproduce", "--bitwise", run)
    assert [metric["key"] for metric in told["differences"]["metrics"]] == ["loss"]


def test_a_run_that_no_job_made_cannot_be_reproduced(cli: Cli, serving: Serving) -> None:
    request = urllib.request.Request(
        serving.url + "/api/2.0/mlflow/runs/create",
        b'{"experiment_id": "0"}',
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        run = json.load(answer)["run"]["info"]["run_id"]
    assert "no job made this run" in cli.refused(1, "reproduce", run)
    assert "not found; `orrery runs` lists them" in cli.refused(1, "reproduce", "0" * 32)


@pytest.mark.timeout(600)  # it trains for real, twice
def test_a_training_on_real_data_gives_the_same_metrics_to_the_last_bit(serving: Serving) -> None:
    flights = Cli(serving.data, REPOSITORY / "examples" / "flights")
    train = [sys.executable, "train.py", "--epochs", "2", "--hidden", "8", "--seed", "3"]
    job = flights.json("submit", "--memory", "4GiB", "--", *train, seconds=TRAINING_SECONDS)
    assert job["state"] == "SUCCEEDED", job
    again = flights.json(
        "reproduce", "--bitwise", "--ignore", "samples_per_second", job["run_id"], seconds=TRAINING_SECONDS
    )
    metrics = {metric["key"]: metric for metric in again["differences"]["metrics"]}
    assert metrics.keys() == {"loss", "val_auc", "val_accuracy", "learning_rate"}
    assert all(metric["points_a"] == metric["points_b"] == 2 for metric in metrics.values())
    assert metrics["val_auc"]["a"] > 0.7
