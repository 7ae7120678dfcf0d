"""Servers that end, return, are refused or guarded, and the jobs and commands that outlive them."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from pathlib import Path

import pytest
import requests

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving

# Counts on until the file that its first argument names is there.
COUNTING = """
import pathlib, sys, time
i = 0
while not pathlib.Path(sys.argv[1]).exists():
    print(i, flush=True)
    i += 1
    time.sleep(0.02)
print("last", i, flush=True)
sys.exit(5)
"""


@pytest.fixture
def counting(project: Path) -> Path:
    """The file that ends the project's script `count.py`, with exit code 5."""
    (project / "count.py").write_text(COUNTING)
    return project.parent / "gate"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a server of the test's own keeps its data."""
    return tmp_path / "own"


def assert_complete(log: str) -> None:
    """Every line that the counting script printed is there, once and in order."""
    lines = log.splitlines()
    count = int(lines[-1].removeprefix("last "))
    assert lines[:-1] == [str(i) for i in range(count)]


def test_a_job_survives_its_killed_server_and_is_adopted(data: Path, project: Path, counting: Path) -> None:
    cli = Cli(data, project)
    server = Serving(data)
    job = cli.submit("count.py", str(counting))
    cli.wait_for(job, "RUNNING")
    attempt = cli.job(job)["attempts"][0]
    server.kill()
    os.kill(attempt["supervisor_pid"], 0)  # it is still there
    with Serving(data):
        adopted = cli.job(job)
        assert adopted["state"] == "RUNNING"
        counting.touch()
        ended = cli.wait_for(job, "FAILED", "SUCCEEDED")
        assert ended["reason"] == "exited with code 5"
        assert [one["number"] for one in ended["attempts"]] == [1]
        assert ended["attempts"][0]["supervisor_pid"] == attempt["supervisor_pid"]
        assert_complete(cli.json("logs", job)["log"])
        assert cli.json("runs", "show", ended["run_id"])["status"] == "FAILED"


def test_a_job_that_ends_while_no_server_runs_is_told_right(
    data: Path, project: Path, counting: Path
) -> None:
    cli = Cli(data, project)
    server = Serving(data)
    job = cli.submit("count.py", str(counting))
    supervisor = cli.wait_for(job, "RUNNING")["attempts"][0]["supervisor_pid"]
    server.kill()
    descriptor = os.pidfd_open(supervisor)
    counting.touch()
    wait_until_gone(descriptor)
    with Serving(data):
        assert cli.wait_for(job, "FAILED", "SUCCEEDED")["attempts"][0]["exit_code"] == 5
        assert_complete(cli.json("logs", job)["log"])


def wait_until_gone(descriptor: int) -> None:
    """Waits for the end of the process behind a pidfd."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    assert poll.poll(30_000), "the supervisor did not end with its job"
    os.close(descriptor)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_following_goes_on_over_a_restart_elsewhere(
    data: Path, project: Path, counting: Path, ending: signal.Signals
) -> None:
    cli = Cli(data, project)
    server = Serving(data)
    with cli.start("submit", "count.py", str(counting)) as submitting:
        assert submitting.stdout is not None and submitting.stderr is not None
        shown = ""
        while not shown.endswith("\n1\n"):
            shown += submitting.stdout.readline()
        server.process.send_signal(ending)
        assert server.process.wait(timeout=30) == (0 if ending == signal.SIGTERM else -signal.SIGKILL)
        assert "the server is away, the job goes on" in submitting.stderr.readline()
        with Serving(data):  # on another port
            counting.touch()
            shown += submitting.stdout.read()
            assert submitting.wait(timeout=30) == 1
    log = shown[shown.index("\n0\n") + 1 : shown.index("\n\nFAILED after")]
    assert_complete(log)


def test_sigterm_drains_and_leaves_the_job_to_the_next_server(
    data: Path, project: Path, counting: Path
) -> None:
    cli = Cli(data, project)
    server = Serving(data)
    job = cli.submit("count.py", str(counting))
    cli.wait_for(job, "RUNNING")
    server.stop()
    assert not (data / "server.json").exists()
    assert "start one with `orrery serve`" in cli.refused(3, "jobs")
    with Serving(data):
        assert cli.job(job)["state"] == "RUNNING"
        cli.ok("jobs", "cancel", job)
        cli.wait_for(job, "CANCELLED")


def test_a_second_server_on_the_same_data_is_refused(serving: Serving, cli: Cli) -> None:
    told = cli.refused(1, "serve", "--listen", "127.0.0.1:0", "--data", str(serving.data))
    assert f"pid {serving.process.pid}" in told and serving.url in told


def test_a_taken_port_is_said_so(data: Path, cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = cli.refused(1, "serve", "--listen", address, "--data", str(data))
    assert "choose another" in told and address in told


def test_listening_to_the_world_needs_tokens(data: Path, cli: Cli) -> None:
    told = cli.refused(1, "serve", "--listen", "0.0.0.0:0", "--data", str(data))
    assert "needs a token" in told and "ORRERY_TOKENS=" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lissen: 127.0.0.1:0\n", "lissen: no such field"),
        ("tokens: {ada: short}\n", "tokens.ada: too short"),
        ("log_level: loud\n", "log_level: expected debug, info, warning or error"),
        ("cpus: 0\n", "cpus: must be above 0"),
        ("listen: everywhere\n", "listen: expected ADDRESS:PORT"),
        ("listen: [\n", "not valid YAML"),
    ],
)
def test_a_wrong_configuration_names_its_field(
    data: Path, cli: Cli, project: Path, text: str, told: str
) -> None:
    (project / "orrery.yaml").write_text(text)
    assert told in cli.refused(2, "serve", "--config", "orrery.yaml", "--data", str(data))


def test_with_tokens_every_request_needs_one(data: Path, project: Path) -> None:
    secret = "a-secret-of-16-or-more"
    tokens = {"ORRERY_TOKENS": f"{{ada: {secret}}}"}
    with Serving(data, listen="0.0.0.0:0", env=tokens) as server:
        assert requests.get(f"{server.url}/api/v1/jobs", timeout=30).status_code == 401
        assert "set ORRERY_TOKEN" in Cli(data, project).refused(1, "jobs")
        assert "set ORRERY_TOKEN" in Cli(data, project, {"ORRERY_TOKEN": "wrong" * 5}).refused(1, "jobs")
        ada = Cli(data, project, {"ORRERY_TOKEN": secret})
        job = ada.json("submit", "--no-code", "--", "true")
        assert job["submitted_by"] == "ada"
        assert job["state"] == "SUCCEEDED"
    assert secret not in server.tail()


def test_a_script_reaches_a_server_with_tokens(data: Path, project: Path) -> None:
    secret = "a-secret-of-16-or-more"
    script = (
        "import os, urllib.request\n"
        "token = os.environ['MLFLOW_TRACKING_TOKEN']\n"
        "url = os.environ['MLFLOW_TRACKING_URI'] + '/api/v1/runs/' + os.environ['MLFLOW_RUN_ID']\n"
        "request = urllib.request.Request(url, headers={'Authorization': 'Bearer ' + token})\n"
        "print(urllib.request.urlopen(request).status)\n"
    )
    (project / "train.py").write_text(script)
    with Serving(data, env={"ORRERY_TOKENS": f"{{ada: {secret}}}"}):
        ada = Cli(data, project, {"ORRERY_TOKEN": secret})
        assert "\n200\n" in ada.ok("submit", "train.py")


def test_serve_tells_where_it_is_as_json(data: Path, cli: Cli) -> None:
    with cli.start("--json", "serve", "--listen", "127.0.0.1:0", "--data", str(data)) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["data"], ready["pid"]) == (str(data), process.pid)
        assert requests.get(f"{ready['url']}/api/v1/health", timeout=30).json() == {"status": "ok"}
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == ""
    assert process.returncode == 0
