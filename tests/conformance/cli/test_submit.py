"""`orrery submit`: what runs, what is shown, how it ends."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.cli.command import Cli, Screen

# Runs until the file that its first argument names is there.
UNTIL_OPENED = """
import pathlib, sys, time
print("begun", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
print("opened", flush=True)
"""


@pytest.fixture
def gated(project: Path) -> Iterator[Path]:
    """The file that ends the project's script `gated.py`; a test that fails leaves no job behind that holds CPUs."""
    (project / "gated.py").write_text(UNTIL_OPENED)
    gate = project.parent / "gate"
    yield gate
    gate.touch()


def test_it_waits_and_shows_the_log_and_the_end(cli: Cli, project: Path) -> None:
    (project / "train.py").write_text("print('epoch 1')\nprint('epoch 2')\n")
    shown = cli.ok("submit", "train.py").splitlines()
    assert shown[0].startswith("Job ") and shown[0].endswith(" (train.py) is submitted.")
    assert [line for line in shown if line.startswith("epoch")] == ["epoch 1", "epoch 2"]
    assert any(line.startswith("SUCCEEDED after ") for line in shown)
    assert not any(line.startswith("system/") for line in shown)  # what the server measures is no result
    assert "/runs/" in shown[-1]


def test_a_job_that_fails_shows_its_last_words_then_the_reason(cli: Cli, project: Path) -> None:
    (project / "train.py").write_text("import sys\nsys.exit('the data is broken')\n")
    done = cli.run("submit", "train.py")
    assert done.returncode == 1
    assert done.stdout.index("the data is broken") < done.stdout.index("FAILED after ")
    assert "exited with code 1" in done.stdout


def test_the_scripts_arguments_are_its_own(cli: Cli, project: Path) -> None:
    (project / "train.py").write_text("import sys\nprint(sys.argv[1:])\n")
    shown = cli.ok("submit", "--cpus", "0.5", "train.py", "--cpus", "9", "--json", "--", "-x")
    assert "['--cpus', '9', '--json', '--', '-x']" in shown


def test_a_command_stands_behind_two_dashes(cli: Cli) -> None:
    shown = cli.ok("submit", "--no-code", "--", "sh", "-c", "echo $0 $1; ls -A", "a", "--json")
    assert "a --json\n" in shown


def test_detached_it_returns_at_once_and_the_log_can_be_followed(cli: Cli, gated: Path) -> None:
    shown = cli.ok("submit", "--detach", "gated.py", str(gated))
    job = shown.split()[1]
    assert f"orrery logs -f {job}" in shown
    with cli.start("logs", "-f", job) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "begun\n"
        gated.touch()
        assert following.stdout.read() == "opened\n"
    assert following.returncode == 0
    assert cli.wait_for(job, "SUCCEEDED")["reason"] == "exited with code 0"


def test_a_pipe_that_closes_ends_the_following_and_not_the_job(cli: Cli, project: Path) -> None:
    script = "import itertools, time\nfor i in itertools.count():\n    print(i, flush=True)\n    time.sleep(0.05)\n"
    (project / "endless.py").write_text(script)
    job = cli.submit("endless.py")
    with cli.start("logs", "-f", job) as following:
        assert following.stdout is not None
        following.stdout.readline()
        following.stdout.close()
        assert following.wait(timeout=30) == 0
    assert cli.job(job)["state"] == "RUNNING"
    cli.ok("jobs", "cancel", job)
    assert cli.wait_for(job, "CANCELLED")["attempts"][0]["signal"] == signal.SIGTERM


def test_an_interrupt_leaves_the_job_running_and_says_how_to_end_it(cli: Cli, gated: Path) -> None:
    with cli.start("submit", "gated.py", str(gated)) as submitting:
        assert submitting.stdout is not None and submitting.stderr is not None
        job = submitting.stdout.readline().split()[1]
        while submitting.stdout.readline() != "begun\n":
            pass
        submitting.send_signal(signal.SIGINT)
        assert submitting.wait(timeout=30) == 130
        told = submitting.stderr.read()
    assert "The job goes on" in told
    assert f"orrery jobs cancel {job}" in told
    assert cli.job(job)["state"] == "RUNNING"
    gated.touch()
    cli.wait_for(job, "SUCCEEDED")


def test_a_cancelled_job_ends_its_submit_with_1(cli: Cli, gated: Path) -> None:
    with cli.start("submit", "gated.py", str(gated)) as submitting:
        assert submitting.stdout is not None
        job = submitting.stdout.readline().split()[1]
        assert f"Job {job}" in cli.ok("jobs", "cancel", job)
        assert "CANCELLED" in submitting.stdout.read()
    assert submitting.returncode == 1
    assert "cancelled by" in cli.ok("jobs", "cancel", job)  # asking again changes nothing
    done = cli.submit("--no-code", "--", "true")
    cli.wait_for(done, "SUCCEEDED")
    assert "cannot be cancelled any more" in cli.refused(1, "jobs", "cancel", done)


def test_a_job_that_waits_says_why(cli: Cli, gated: Path) -> None:
    first = cli.submit("--cpus", "2", "gated.py", str(gated))
    cli.wait_for(first, "RUNNING")
    second = cli.submit("--no-code", "--", "true")
    waiting = cli.wait_for(second, "QUEUED")
    assert "needs 1 CPU" in waiting["reason"]
    assert "needs 1 CPU" in cli.ok("jobs", "show", second)
    gated.touch()
    cli.wait_for(second, "SUCCEEDED")


def test_a_terminal_shows_live_why_a_job_waits(cli: Cli, gated: Path) -> None:
    first = cli.submit("--cpus", "2", "gated.py", str(gated))
    cli.wait_for(first, "RUNNING")
    screen = Screen(cli, "submit", "--no-code", "--", "echo", "its own words", columns=60)
    screen.read_until("QUEUED: needs 1 CPU")
    assert "its own words" not in screen.shown
    gated.touch()
    shown = screen.finish()
    live = [line for line in shown.split("\r\x1b[K") if line.startswith(("PENDING", "QUEUED", "STARTING"))]
    assert all(len(line.splitlines()[0]) < 60 for line in live)
    assert shown.index("\r\x1b[Kits own words\n") < shown.index("SUCCEEDED")


def test_the_reason_why_a_job_waits_changes_as_it_is_watched(cli: Cli, gated: Path) -> None:
    other = gated.with_name("other gate")
    first = cli.submit("gated.py", str(gated))
    second = cli.submit("gated.py", str(other))
    try:
        cli.wait_for(first, "RUNNING")
        cli.wait_for(second, "RUNNING")
        screen = Screen(cli, "submit", "--cpus", "2", "--no-code", "--", "true", columns=150)
        screen.read_until("QUEUED: needs 2 CPUs; 0 are free, ")
        waiting = screen.shown.split()[1]
        gated.touch()
        screen.read_until(f"QUEUED: needs 2 CPUs; 1 is free, 1 held by job {second[:8]}")
        assert f"1 held by job {second[:8]}" in cli.ok("jobs", "show", waiting)
    finally:
        other.touch()
    assert "SUCCEEDED" in screen.finish()


def test_a_timeout_ends_the_job(cli: Cli, gated: Path) -> None:
    done = cli.run("submit", "--timeout", "1", "gated.py", str(gated))
    assert done.returncode == 1
    assert "ran longer than its timeout of 1.0 s" in done.stdout


def test_a_job_file_holds_the_spec_and_flags_win(cli: Cli, project: Path) -> None:
    (project / "job.yaml").write_text(
        "name: from the file\n"
        "command: [sh, -c, 'echo $ORRERY_PARAMS']\n"
        "cpus: 0.5\n"
        "params: {lr: 0.10, depth: 8}\n"
        "experiment: of the file\n"
    )
    job = cli.json("submit", "-f", "job.yaml", "--name", "from the flag", "-p", "depth=9")
    assert job["name"] == "from the flag"
    assert job["spec"]["cpus"] == 0.5
    assert job["spec"]["params"] == {"lr": "0.10", "depth": "9"}
    assert json.loads(cli.json("logs", job["id"])["log"]) == {"lr": "0.10", "depth": "9"}
    run = cli.json("runs", "show", job["run_id"])
    assert run["experiment_name"] == "of the file"
    assert run["params"]["lr"] == "0.10"


@pytest.mark.parametrize(
    ("code", "arguments", "told"),
    [
        (1, ["--cpus", "64", "train.py"], "it needs 64 CPUs; this machine has 2"),
        (1, ["--gpus", "99", "train.py"], "it needs 99 GPUs"),
        (1, ["--nodes", "2", "train.py"], "2 machines"),
        (1, ["--memory", "900TiB", "train.py"], "never run here"),
        (2, ["none.py"], 'script: there is no "none.py"'),
        (2, ["--input", "none.csv", "train.py"], "inputs[0].path: no such file"),
        (2, ["--requirements", "none.txt", "train.py"], "--requirements: no such file: none.txt"),
        (2, ["-f", "none.yaml"], "--file: no such file: none.yaml"),
        (2, ["-f", "bad.yaml"], "bad.yaml: retry: no such field"),
        (2, ["--memory", "lots", "train.py"], "--memory: expected a size like 512MiB"),
        (2, ["--memory", "-1", "train.py"], "--memory: expected a size"),
        (2, ["--cpus", "many", "train.py"], "--cpus"),
        (2, ["--cpus", "0", "train.py"], "cpus: "),
        (2, ["--cpus", "nan", "train.py"], "cpus"),
        (2, ["-p", "lr", "train.py"], "--param: expected KEY=VALUE"),
        (2, ["--env", "=x", "train.py"], "--env: expected KEY=VALUE"),
        (2, ["--framework", "COBOL", "train.py"], "--framework: expected PYTHON, SCIKIT_LEARN"),
        (2, ["--priority", "5000", "train.py"], "priority: expected -1000 to 1000"),
        (2, ["--name", "two\nlines", "train.py"], "name: "),
        (2, ["--no-code", "train.py"], "--no-code: leaves the script behind"),
        (2, ["notes.txt"], "script: neither .py nor .sh nor executable"),
        (2, [], "nothing to run"),
        (2, ["--"], "nothing follows --"),
    ],
)
def test_what_cannot_run_is_refused_before_it_is_a_job(
    cli: Cli, project: Path, code: int, arguments: list[str], told: str
) -> None:
    (project / "train.py").write_text("")
    (project / "notes.txt").write_text("")
    (project / "bad.yaml").write_text("name: a\ncommand: [x]\nretry: 2\n")
    before = len(cli.json("jobs", "--limit", "1000")["jobs"])
    assert told in cli.refused(code, "submit", *arguments)
    assert len(cli.json("jobs", "--limit", "1000")["jobs"]) == before
