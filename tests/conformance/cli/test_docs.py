"""The users' pages say what the program does: their tables are the program's own, their examples run."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from tests.conformance.cli.command import Cli
from tests.conformance.cli.test_help import COMMANDS
from tests.conformance.program import REPOSITORY, Serving, binary

DOCS = REPOSITORY / "docs"
EXAMPLE_SECONDS = 100


class Block(NamedTuple):
    """A fenced block: "```sh run" is run, "```python train.py" is a file."""

    purpose: str
    text: str


def blocks(page: str) -> list[Block]:
    """The blocks of a page that are for use, in their order."""
    found = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    return [Block(*each) for each in found]


def table(page: str, heading: str) -> list[str]:
    """The rows of the first table under a heading."""
    lines = (DOCS / page).read_text().splitlines()
    lines = lines[lines.index(heading) :]
    first = next(i for i, line in enumerate(lines) if line.startswith("|---"))
    rows = lines[first + 1 :]
    return rows[: next(i for i, line in enumerate(rows) if not line.startswith("|"))]


def kind(schema: dict[str, Any]) -> str:
    """A field's type in words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if schema["type"] == "array":
        return f"list of {kind(schema['items'])}"
    return "map of string" if schema["type"] == "object" else str(schema["type"])


@pytest.mark.parametrize("name", ["JobSpec", "EnvironmentSpec", "CodeSpec", "InputSpec", "AfterSpec"])
def test_the_fields_of_a_job_are_the_programs_own(serving: Serving, name: str) -> None:
    schemas = requests.get(f"{serving.url}/api/v1/openapi.json", timeout=30).json()["components"]["schemas"]
    fields = schemas[name]["properties"].items()
    rows = [f"| `{field}` | {kind(schema)} | {schema['description']} |" for field, schema in fields]
    assert table("jobs.md", f"### {name}") == rows


def test_the_configuration_is_the_programs_own(cli: Cli) -> None:
    text = cli.ok("serve", "--help")
    keys = re.findall(r"^  (\w+) +(.+)$", text[text.index("Configuration:") :], re.MULTILINE)
    rows = [f"| `{key}` | `ORRERY_{key.upper()}` | {what} |" for key, what in keys]
    assert table("server.md", "## Configuration") == rows


def test_the_commands_are_the_programs_own() -> None:
    rows = table("cli.md", "# The command line")
    assert [row.split("`")[1].removeprefix("orrery ") for row in rows] == COMMANDS


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with `orrery`, and with a `python3` that has the MLflow client."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "orrery").symlink_to(Path(binary()).resolve())
    return os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory, programs: str) -> Iterator[Serving]:
    """A server whose jobs find what a reader of the pages has."""
    data = tmp_path_factory.mktemp("documented") / "data"
    with Serving(data, env={"ORRERY_CPUS": "2", "PATH": programs}) as server:
        yield server


def follow(page: str, cli: Cli, address: str) -> str:
    """Does what a page says, in the project's folder, and answers what was shown."""
    shown = ""
    for block in blocks(page):
        if block.purpose != "run":
            (cli.folder / block.purpose).write_text(block.text)
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text.replace("127.0.0.1:7070", address)],
            cwd=cli.folder,
            env=cli.environment(),
            capture_output=True,
            text=True,
            timeout=EXAMPLE_SECONDS,
        )
        assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
        shown += done.stdout
    return shown


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("jobs.md", ["rate 0.10 seed 7", "rate 0.2 seed 7", "epoch 2"]),
        (
            "cli.md",
            ["hello", "['--cpus', '9']", "a command stands behind two dashes", "101:step 100 loss", "NODE"],
        ),
        ("tracking.md", ["metrics.loss", "first"]),
        ("webhooks.md", ["webhook_test", "job_failed exited with code 3", "answered 204"]),
    ],
)
def test_the_examples_of_a_page_run(
    documented: Serving, project: Path, programs: str, page: str, told: list[str]
) -> None:
    shown = follow(page, Cli(documented.data, project, {"PATH": programs}), documented.address)
    for line in told:
        assert line in shown


def test_the_servers_page_runs_and_its_backup_is_a_whole_server(project: Path, programs: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    cli = Cli(project / "data", project, {"PATH": programs, "ORRERY_LISTEN": address})
    assert "hello" in follow("server.md", cli, address)
    with Serving(project / "backup", "--config", str(project / "orrery.yaml")):
        restored = Cli(project / "backup", project, {"ORRERY_TOKEN": "0f6b3c5a9d2e4871"})
        (job,) = restored.json("jobs")["jobs"]
        assert restored.json("logs", job["id"])["log"] == "hello\n"
        assert restored.json("runs", "show", job["run_id"])["status"] == "FINISHED"
