"""What a job's command finds around it: packages, inputs, variables, its run."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving


def write_wheel(folder: Path) -> Path:
    """A package of one module that no index has."""
    wheel = folder / "orrery_tiny-1.0-py3-none-any.whl"
    info = "orrery_tiny-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("orrery_tiny.py", "ANSWER = 42\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: orrery-tiny\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(
            f"{info}/RECORD", f"orrery_tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    return wheel


def test_the_packages_of_a_requirements_file_are_there(cli: Cli, project: Path) -> None:
    (project / "requirements.txt").write_text(f"--no-index\n{write_wheel(project.parent)}\n")
    (project / "train.py").write_text("import orrery_tiny, sys\nprint(orrery_tiny.ANSWER, sys.prefix)\n")
    logs = [
        cli.json("logs", cli.json("submit", "--requirements", "requirements.txt", "train.py")["id"])["log"]
        for _ in range(2)
    ]
    first, second = (log.splitlines()[-1] for log in logs)
    assert first.startswith("42 ")
    assert first == second  # one environment, made once
    assert cli.run("submit", "train.py").returncode == 1


def test_packages_that_cannot_be_installed_are_the_reason(cli: Cli, project: Path) -> None:
    (project / "requirements.txt").write_text("--no-index\norrery-there-is-no-such-package==1\n")
    done = cli.run("submit", "--requirements", "requirements.txt", "--no-code", "--", "true")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "environment" in done.stdout.lower()
    assert "orrery-there-is-no-such-package" in done.stdout


def test_an_input_is_hashed_at_submit(cli: Cli, project: Path) -> None:
    (project / "flights.csv").write_text("year,month\n2013,1\n")
    job = cli.json("submit", "--input", "flights.csv", "--no-code", "--", "cat", str(project / "flights.csv"))
    (recorded,) = job["spec"]["inputs"]
    assert recorded["path"] == str(project / "flights.csv")
    assert recorded["size"] == 18
    assert recorded["digest"].startswith("blake3:") and len(recorded["digest"]) == 71
    (project / "flights.csv").write_text("year,month\n2013,2\n")
    changed = cli.json("submit", "--input", "flights.csv", "--no-code", "--", "true")
    assert changed["spec"]["inputs"][0]["digest"] != recorded["digest"]


def test_the_command_is_told_its_run_and_settings(cli: Cli, serving: Serving) -> None:
    job = cli.json(
        "submit", "--no-code", "-p", "lr=0.10", "-p", "note=a b", "--seed", "7", "--env", "OMP_NUM_THREADS=1",
        "--experiment", "told", "--run-name", "first", "--", "python3", "-c",
        "import json, os; print(json.dumps(dict(os.environ)))",
    )  # fmt: skip
    env = json.loads(cli.json("logs", job["id"])["log"])
    assert urlsplit(env["MLFLOW_TRACKING_URI"]).netloc == serving.address
    assert env["MLFLOW_RUN_ID"] == job["run_id"]
    assert env["ORRERY_JOB_ID"] == job["id"]
    assert json.loads(env["ORRERY_PARAMS"]) == {"lr": "0.10", "note": "a b"}
    assert env["ORRERY_SEED"] == env["PYTHONHASHSEED"] == "7"
    assert env["OMP_NUM_THREADS"] == "1"

    run = cli.json("runs", "show", job["run_id"])
    assert (run["experiment_name"], run["name"], run["status"]) == ("told", "first", "FINISHED")
    assert run["params"] == {"lr": "0.10", "note": "a b"}
    assert run["job_id"] == job["id"]


def test_the_servers_own_variables_stay_with_it(cli: Cli) -> None:
    job = cli.json("submit", "--no-code", "--", "env")
    names = {line.split("=")[0] for line in cli.json("logs", job["id"])["log"].splitlines()}
    assert not names & {"ORRERY_CPUS", "ORRERY_TOKENS", "ORRERY_DATA"}
    assert "PATH" in names


def test_a_script_logs_by_the_unmodified_client_into_its_run(cli: Cli, project: Path) -> None:
    (project / "train.py").write_text(
        "import mlflow\n"
        "with mlflow.start_run() as run:\n"
        "    mlflow.log_metric('loss', 0.5, step=1)\n"
        "    print(run.info.run_id)\n"
    )
    job = cli.json("submit", "--", sys.executable, "train.py")
    run = cli.json("runs", "show", job["run_id"])
    assert job["run_id"] in cli.json("logs", job["id"])["log"]
    assert [(metric["key"], metric["value"]) for metric in run["metrics"]] == [("loss", 0.5)]
    assert run["status"] == "FINISHED"
