"""Several jobs in one go: arrays, files that list jobs, groups; how far they are, and how they end."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cli.command import Cli, Screen, wait_until

TASK = """
import os, sys
index = int(os.environ["ORRERY_ARRAY_INDEX"])
print("task", index, "of", os.environ["ORRERY_ARRAY_GROUP"])
sys.exit(f"task {index} is broken" if index == 3 else 0)
"""
UNTIL_OPENED = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
"""
KEEP = """
import os, pathlib, signal, sys

def keep(signal, frame):
    state = pathlib.Path(os.environ["ORRERY_CHECKPOINT_DIR"]) / "state"
    state.write_text("saved")
    print(state.read_text())
    sys.exit(0)

signal.signal(signal.SIGUSR1, keep)
print("ready")
while True:
    signal.pause()
"""
CYCLE = """
jobs:
  - {name: a, command: ["true"], after: [{job: c}]}
  - {name: b, command: ["true"], after: [{job: a}]}
  - {name: c, command: ["true"], after: [{job: b}]}
"""


@pytest.fixture
def gated(project: Path) -> Iterator[Path]:
    """The file that ends the project's script `gated.py`; a test that fails leaves no job behind that holds CPUs."""
    (project / "gated.py").write_text(UNTIL_OPENED)
    gate = project.parent / "gate"
    yield gate
    gate.touch()


def group_of(shown: str) -> str:
    """The group that an announcement names."""
    found = re.search(r"orrery jobs --group (\S+)", shown)
    assert found, shown
    return found[1]


def states(cli: Cli, group: str) -> list[tuple[str, str]]:
    """Name and state of the jobs of a group, as they were submitted."""
    jobs = cli.json("jobs", "--group", group, "--limit", "1000")["jobs"]
    return [(job["name"], job["state"]) for job in reversed(jobs)]


def count_of_jobs(cli: Cli) -> int:
    return len(cli.json("jobs", "--limit", "1000")["jobs"])


def test_an_array_is_waited_for_and_what_failed_is_shown(cli: Cli, project: Path) -> None:
    (project / "fit.py").write_text(TASK)
    done = cli.run("submit", "--cpus", "0.5", "--array", "1-4", "fit.py")
    assert done.returncode == 1
    group = group_of(done.stdout)
    assert "4 jobs are submitted: fit.py[1], fit.py[2], fit.py[3], fit.py[4]" in done.stdout
    assert re.search(r"FAILED fit.py\[3\] \([0-9a-f]+\): exited with code 1", done.stdout)
    assert "3/4 done, 1 failed\n" in done.stdout
    assert f"task 3 of {group}\ntask 3 is broken\n" in done.stdout
    assert states(cli, group) == [(f"fit.py[{i}]", "FAILED" if i == 3 else "SUCCEEDED") for i in (1, 2, 3, 4)]


def test_an_array_is_one_json_document(cli: Cli, project: Path) -> None:
    (project / "fit.py").write_text(TASK)
    array = cli.json("submit", "--cpus", "0.5", "--array", "2,4", "fit.py")
    assert [(job["array_index"], job["state"]) for job in array["jobs"]] == [
        (2, "SUCCEEDED"),
        (4, "SUCCEEDED"),
    ]
    assert {job["group"] for job in array["jobs"]} == {array["group"]}
    detached = cli.json("submit", "--detach", "--cpus", "0.5", "--array", "0-8:4", "fit.py")
    assert [job["array_index"] for job in detached["jobs"]] == [0, 4, 8]


def test_a_terminal_shows_how_far_an_array_is(cli: Cli, gated: Path) -> None:
    screen = Screen(cli, "submit", "--cpus", "1", "--array", "1-3", "gated.py", str(gated), columns=70)
    screen.read_until("0/3 done, 2 running, 1 waiting")
    gated.touch()
    shown = screen.finish()
    live = [line.split("\n")[0] for line in shown.split("\r\x1b[K")[1:]]
    assert all(len(line) < 70 for line in live)
    assert shown.rstrip().endswith("3/3 done")


def test_a_terminal_shows_why_none_of_them_runs(cli: Cli, gated: Path) -> None:
    first = cli.submit("--cpus", "2", "gated.py", str(gated))
    cli.wait_for(first, "RUNNING")
    screen = Screen(cli, "submit", "--no-code", "--array", "1-2", "--", "true", columns=150)
    screen.read_until("0/2 done, 2 waiting: needs 1 CPU; 0 are free, 2 held by job " + first[:8])
    gated.touch()
    assert "2/2 done" in screen.finish()


def test_an_interrupt_leaves_an_array_running_and_says_how_to_end_it(cli: Cli, gated: Path) -> None:
    with cli.start("submit", "--cpus", "0.5", "--array", "1-2", "gated.py", str(gated)) as submitting:
        assert submitting.stdout is not None and submitting.stderr is not None
        lines = [submitting.stdout.readline() for _ in range(3)]
        group = group_of("".join(lines))
        wait_until(lambda: states(cli, group) == [("gated.py[1]", "RUNNING"), ("gated.py[2]", "RUNNING")])
        submitting.send_signal(signal.SIGINT)
        assert submitting.wait(timeout=30) == 130
        told = submitting.stderr.read()
    assert "The jobs go on" in told and f"orrery jobs cancel --group {group}" in told
    cli.ok("jobs", "cancel", "--group", group)
    wait_until(lambda: {state for _, state in states(cli, group)} == {"CANCELLED"})
    assert "All jobs of this group have ended." in cli.ok("jobs", "cancel", "--group", group)


def test_an_array_stands_in_a_job_file_and_the_flag_wins(cli: Cli, project: Path) -> None:
    (project / "job.yaml").write_text("name: fit\ncommand: [sh, -c, 'exit 0']\ncpus: 0.5\narray: 7-9\n")
    array = cli.json("submit", "-f", "job.yaml")
    assert [job["name"] for job in array["jobs"]] == ["fit[7]", "fit[8]", "fit[9]"]
    array = cli.json("submit", "-f", "job.yaml", "--array", "1")
    assert [job["name"] for job in array["jobs"]] == ["fit[1]"]


def test_the_jobs_of_a_file_run_after_one_another_by_name(cli: Cli, project: Path) -> None:
    (project / "word.txt").write_text("taken along\n")
    (project / "jobs.yaml").write_text(
        "jobs:\n"
        "  - {name: report, command: [cat, word.txt], after: [{job: train, on: ANY_END}]}\n"
        "  - {name: publish, command: ['true'], after: [{job: train}]}\n"
        "  - {name: train, command: [sh, -c, 'exit 2'], after: [{job: prepare}]}\n"
        "  - {name: prepare, command: ['true'], cpus: 0.5}\n"
    )
    done = cli.run("--json", "submit", "-f", "jobs.yaml", "-p", "lr=0.1")
    assert done.returncode == 1
    jobs: dict[str, Any] = {job["name"]: job for job in json.loads(done.stdout)["jobs"]}
    assert list(jobs) == ["report", "publish", "train", "prepare"]
    assert {name: job["state"] for name, job in jobs.items()} == {
        "report": "SUCCEEDED",
        "publish": "CANCELLED",
        "train": "FAILED",
        "prepare": "SUCCEEDED",
    }
    assert jobs["publish"]["reason"].endswith("(train), which it runs after, failed")
    assert jobs["prepare"]["ended_at"] <= jobs["train"]["started_at"]
    assert jobs["train"]["ended_at"] <= jobs["report"]["started_at"]
    assert cli.json("logs", jobs["report"]["id"])["log"] == "taken along\n"
    assert all(job["spec"]["params"] == {"lr": "0.1"} for job in jobs.values())
    assert len({job["group"] for job in jobs.values()}) == 1


@pytest.mark.parametrize(
    ("code", "file", "arguments", "told"),
    [
        (2, CYCLE, [], "a -> c -> b -> a"),
        (2, "jobs: [{name: a, command: [x], after: [{job: a}]}]", [], "a -> a"),
        (
            2,
            "jobs: [{name: a, command: [x]}, {name: b, command: [x], cpus: 0}]",
            [],
            "jobs[1].cpus: expected",
        ),
        (
            1,
            "jobs: [{name: a, command: [x]}, {name: b, command: [x], cpus: 64}]",
            [],
            "jobs[1]: this job could",
        ),
        (1, "{name: a, command: [x], memory_bytes: 9000000000000000}", [], "this job could never run here"),
        (1, "{name: a, command: [x], gpus: 1, gpu_type: H100}", [], "needs 1 GPU of type H100"),
        (1, "{name: a, command: [x], nodes: 2}", [], "this job could never run here"),
        (2, "{name: a, command: [x], array: 1-10001}", [], "array: too many tasks: at most 10000"),
        (2, "{name: a, command: [x]}", ["--array", "5-1"], "array: a range must not go down"),
        (
            2,
            "{name: a, command: [x]}",
            ["--checkpoint-signal", "KILL"],
            "--checkpoint-signal: expected TERM, INT",
        ),
        (2, "{name: a, command: [x]}", ["--after", "nothing"], "after[0].job: no job has this id"),
        (2, "jobs: [{name: a, command: [x]}]", ["--name", "b"], "--name: is for one job"),
        (2, "jobs: [{name: a, command: [x]}]", ["--array", "1-2"], "--array: is for one job"),
        (2, "jobs: [{name: a, command: [x]}]", ["--", "true"], "command: is for one job"),
        (2, "jobs: [{name: a, command: [x], array: 1-2}]", [], "file.yaml: jobs[0].array: no such field"),
        (2, "queue: night\njobs: []", [], "queue: stands beside jobs"),
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(
    cli: Cli, project: Path, code: int, file: str, arguments: list[str], told: str
) -> None:
    (project / "file.yaml").write_text(file)
    before = count_of_jobs(cli)
    assert told in cli.refused(code, "submit", "-f", "file.yaml", *arguments)
    assert count_of_jobs(cli) == before


def test_the_largest_array_is_taken_in_and_cancelled_as_one(cli: Cli, gated: Path) -> None:
    held = cli.submit("--cpus", "2", "gated.py", str(gated))
    cli.wait_for(held, "RUNNING")
    array = cli.json("submit", "--detach", "--no-code", "--array", "1-10000", "--", "true")
    assert len(array["jobs"]) == 10_000
    assert array["jobs"][-1]["name"] == "true[10000]"
    assert len(cli.json("jobs", "cancel", "--group", array["group"])["jobs"]) == 10_000
    assert cli.json("jobs", "--group", array["group"], "--state", "QUEUED")["jobs"] == []


def test_a_retry_is_told_and_each_attempts_log_is_shown(cli: Cli) -> None:
    script = 'echo try $ORRERY_ATTEMPT of a job; [ "$ORRERY_ATTEMPT" = 3 ]'
    with cli.start(
        "submit", "--no-code", "--retries", "2", "--retry-delay", "0", "--", "sh", "-c", script
    ) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line for line in out.splitlines() if line.startswith("try")] == [
        f"try {i} of a job" for i in (1, 2, 3)
    ]
    assert "attempt 1 is over: retry 1 of 2" in err and "attempt 2 is over: retry 2 of 2" in err
    shown = cli.ok("jobs", "show", out.split()[1])
    attempts = shown[shown.index("\nATTEMPT") :].splitlines()[2:5]
    assert [line.split()[:2] for line in attempts] == [["1", "FAILED"], ["2", "FAILED"], ["3", "SUCCEEDED"]]
    assert all("exit code" in line for line in attempts)


def test_the_end_of_the_failed_attempts_log_is_shown(cli: Cli) -> None:
    done = cli.run(
        "submit", "--json", "--no-code", "--", "sh", "-c", "seq 1000; echo the data is broken; exit 3"
    )
    shown = cli.ok("jobs", "show", json.loads(done.stdout)["id"])
    assert shown.endswith("1000\nthe data is broken\n")
    assert "\n500\n" not in shown


def test_the_signal_and_the_grace_are_the_jobs_own(cli: Cli, project: Path) -> None:
    (project / "keep.py").write_text(KEEP)
    job = cli.submit("--checkpoint-signal", "USR1", "--grace", "30", "keep.py")
    wait_until(lambda: "ready" in cli.json("logs", job)["log"])
    cli.ok("jobs", "cancel", job)
    assert cli.wait_for(job, "CANCELLED", "SUCCEEDED", "FAILED")["attempts"][0]["exit_code"] == 0
    assert cli.json("logs", job)["log"] == "ready\nsaved\n"
