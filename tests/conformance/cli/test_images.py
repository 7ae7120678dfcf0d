"""A command in a container image, made here of one static program: no registry is asked."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.cli.command import Cli

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char** argv) {
  int letter;
  for (int i = 1; i < argc; ++i) {
    FILE* file = fopen(argv[i], "r");
    if (!file) printf("no %s\n", argv[i]);
    while (file && (letter = fgetc(file)) != EOF) putchar(letter);
  }
  printf("%s %s\n", getenv("OF_THE_IMAGE"), getenv("MLFLOW_RUN_ID"));
  return 0;
}
"""


def podman(*words: str, **options: object) -> str:
    done = subprocess.run(["podman", *words], capture_output=True, check=True, **options)  # type: ignore[call-overload]
    return str(done.stdout.decode())


def make_image(folder: Path, name: str, version: str) -> None:
    root = folder / "root"
    root.mkdir(exist_ok=True)
    (folder / "tell.c").write_text(PROGRAM)
    subprocess.run(["cc", "-static", "-o", root / "tell", folder / "tell.c"], check=True)
    (root / "version").write_text(f"{version}\n")
    archive = subprocess.run(["tar", "-C", root, "-c", "."], check=True, capture_output=True).stdout
    podman("import", "-q", "--change", "ENV=OF_THE_IMAGE=yes", "-", name, input=archive)


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    if not shutil.which("podman"):
        pytest.skip("there is no podman on this machine")
    name = f"localhost/orrery-{tmp_path.parent.name}-{tmp_path.name}:1".lower()
    make_image(tmp_path, name, "first")
    yield name
    subprocess.run(["podman", "rmi", "-f", name], capture_output=True, check=False)


def last_line(cli: Cli, job: dict[str, str]) -> list[str]:
    return [line for line in cli.json("logs", job["id"])["log"].splitlines() if "environment:" not in line]


def test_a_job_runs_in_an_image_and_again_in_the_same(
    cli: Cli, project: Path, tmp_path: Path, image: str
) -> None:
    (project / "code.txt").write_text("code\n")
    (project / "data.csv").write_text("data\n")
    data = str(project / "data.csv")
    done = cli.run(
        "submit", "--json", "--image", image, "--input", "data.csv", "--",
        "/tell", "/version", "code.txt", data, "/etc/passwd",
    )  # fmt: skip
    if "kernel lets the server enter none" in done.stderr:
        pytest.skip(done.stderr)
    job = cli.json("jobs", "show", cli.json("jobs")["jobs"][0]["id"])
    assert done.returncode == 0, done.stderr
    assert last_line(cli, job) == ["first", "code", "data", "no /etc/passwd", f"yes {job['run_id']}"]

    make_image(tmp_path, image, "second")
    again = cli.run("reproduce", "--json", job["run_id"])
    assert again.returncode == 0, again.stderr
    repeated = cli.json("jobs")["jobs"][0]
    assert repeated["id"] != job["id"]
    assert "@sha256:" in cli.json("jobs", "show", repeated["id"])["spec"]["environment"]["image"]
    assert last_line(cli, repeated)[0] == "first"


def test_a_name_that_is_none_is_refused(cli: Cli) -> None:
    done = cli.run("submit", "--image", "python:3.11", "--no-code", "--", "true")
    assert done.returncode == 2
    assert "environment.image" in done.stderr
    assert "docker.io/library/python:3.11" in done.stderr


def test_conda_where_there_is_none_is_refused(cli: Cli, project: Path) -> None:
    if any(shutil.which(program) for program in ("micromamba", "conda", "mamba")):
        pytest.skip("there is one on this machine")
    (project / "environment.yml").write_text("dependencies:\n  - python\n")
    done = cli.run("submit", "--conda", "environment.yml", "--no-code", "--", "true")
    assert done.returncode == 1
    assert "could never run here: it needs conda" in done.stderr
