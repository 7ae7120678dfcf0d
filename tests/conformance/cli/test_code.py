"""The code that a job gets: by content, exactly the files that are there, with the commit and what differs from it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import requests

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving

LIST = ["sh", "-c", "find . -mindepth 1 ! -type d | LC_ALL=C sort"]


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(project: Path) -> Path:
    """The project as a git repository with one commit."""
    (project / "train.py").write_text("print('committed')\n")
    (project / "deleted.py").write_text("")
    (project / ".gitignore").write_text("*.log\ndata/\n")
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "first")
    return project


def test_a_clean_commit_is_named(cli: Cli, repository: Path) -> None:
    job = cli.json("submit", "train.py")
    assert job["spec"]["code"]["commit"] == git(repository, "rev-parse", "HEAD")
    assert job["spec"]["code"]["entry"] == "train.py"
    assert job["spec"]["code"]["dirty"] is False
    assert "difference" not in job["spec"]["code"]
    run = cli.json("runs", "show", job["run_id"])
    assert run["git_commit"] == job["spec"]["code"]["commit"]


def test_the_job_sees_the_files_as_they_are_now(cli: Cli, repository: Path, serving: Serving) -> None:
    (repository / "train.py").write_text("print('edited')\n")
    (repository / "deleted.py").unlink()
    (repository / "package").mkdir()
    (repository / "package" / "untracked.py").write_text("")
    (repository / "noise.log").write_text("ignored")
    (repository / "data").mkdir()
    (repository / "data" / "large.bin").write_text("ignored")
    (repository / "link.py").symlink_to("train.py")
    (repository / "run.sh").write_text("#!/bin/sh\ncat link.py\n")
    (repository / "run.sh").chmod(0o755)

    job = cli.json("submit", "--", *LIST)
    seen = cli.json("logs", job["id"])["log"].splitlines()
    assert seen == ["./.gitignore", "./link.py", "./package/untracked.py", "./run.sh", "./train.py"]
    code = job["spec"]["code"]
    assert code["dirty"] is True
    difference = requests.get(f"{serving.url}/api/v1/content/{code['difference']}", timeout=30).text
    assert "-print('committed')\n+print('edited')" in difference
    assert "deleted file mode" in difference

    ran = cli.json("submit", "--", "./run.sh")
    assert cli.json("logs", ran["id"])["log"] == "print('edited')\n"


def test_a_change_behind_the_submit_does_not_reach_the_job(cli: Cli, repository: Path) -> None:
    gate = repository.parent / "gate"
    (repository / "wait.sh").write_text(f"while [ ! -e '{gate}' ]; do sleep 0.02; done\ncat train.py\n")
    job = cli.submit("wait.sh")
    (repository / "train.py").write_text("print('too late')\n")
    gate.touch()
    cli.wait_for(job, "SUCCEEDED")
    assert cli.json("logs", job)["log"] == "print('committed')\n"


def test_the_same_code_is_the_same_content(cli: Cli, repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(repository), "copy")
    first = cli.json("submit", "train.py")["spec"]["code"]
    second = cli.json("submit", "--workdir", str(tmp_path / "copy"), "train.py")["spec"]["code"]
    assert first == second


def test_outside_git_the_folder_is_taken_without_caches_and_environments(cli: Cli, project: Path) -> None:
    for name in ("train.py", ".venv/bin/python", "__pycache__/train.pyc", "package/__init__.py"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    job = cli.json("submit", "--", *LIST)
    assert cli.json("logs", job["id"])["log"].splitlines() == ["./package/__init__.py", "./train.py"]
    assert "commit" not in job["spec"]["code"]


def test_a_link_that_leaves_the_folder_is_refused(cli: Cli, project: Path) -> None:
    (project / "train.py").write_text("")
    (project / "secrets").symlink_to("../../etc")
    assert "code: a link leaves the folder" in cli.refused(2, "submit", "train.py")
