"""The users' pages say what the program does: their tables are the program's own, their examples run."""

from __future__ import annotations

import json
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
SPECS = ["JobSpec", "EnvironmentSpec", "CodeSpec", "InputSpec", "AfterSpec"]


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


def cells(row: str) -> list[str]:
    """The cells of a table's row."""
    return [cell.strip() for cell in row.strip("|").split(" | ")]


@pytest.fixture(scope="module")
def schemas(serving: Serving) -> dict[str, Any]:
    """The described types of the REST interface."""
    document = requests.get(f"{serving.url}/api/v1/openapi.json", timeout=30).json()
    return dict(document["components"]["schemas"])


@pytest.mark.parametrize("name", SPECS)
def test_the_fields_of_a_job_are_the_programs_own(schemas: dict[str, Any], name: str) -> None:
    fields = schemas[name]["properties"].items()
    rows = [[f"`{field}`", kind(schema), schema["description"]] for field, schema in fields]
    assert [cells(row)[:3] for row in table("jobs.md", f"### {name}")] == rows


def test_the_causes_of_ends_are_the_programs_own(schemas: dict[str, Any]) -> None:
    described = schemas["Attempt"]["properties"]["cause"]["description"].split(":")[1]
    causes = re.findall(r"[a-z_]+", described.replace(" or ", " "))
    assert [cells(row)[0].strip("`") for row in table("jobs.md", "## How an attempt ends")] == causes


def test_the_states_that_are_drawn_are_the_programs_own(schemas: dict[str, Any]) -> None:
    page = (DOCS / "jobs.md").read_text()
    drawing = page[page.index("## States") : page.index("`orrery jobs show ID`")]
    assert set(re.findall(r"[A-Z]{4,}", drawing)) == set(schemas["JobState"]["enum"])


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
    gpus = "[{type: H100, count: 2}]"
    with Serving(data, env={"ORRERY_CPUS": "2", "ORRERY_GPUS": gpus, "PATH": programs}) as server:
        yield server


@pytest.fixture(scope="module")
def reader(documented: Serving, programs: str, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A reader of the pages, in a folder with a script and some data."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "train.py").write_text("")
    (folder / "flights.csv").write_text("1,2,3\n")
    return Cli(documented.data, folder, {"PATH": programs})


@pytest.fixture(scope="module")
def held(reader: Cli) -> Iterator[dict[str, Any]]:
    """A job with code and an input that runs until the examples were taken in; nothing that runs after it starts."""
    data = str(reader.folder / "flights.csv")
    job = reader.submit("--cpus", "0.1", "--input", data, "--group", "examples", "--", "sleep", "1000")
    yield reader.job(job)
    reader.ok("jobs", "cancel", "--group", "examples")


def job_of(spec: str, example: str, held: dict[str, Any], data: str) -> str:
    """A job file with an example for one field of a type, and nothing else but what has to be there."""
    code, flights = held["spec"]["code"]["manifest"], held["spec"]["inputs"][0]
    digest = flights["digest"] if spec == "InputSpec" else code
    example = example.replace("blake3:9f0c...", digest).replace("/data/flights.csv", data)
    example = example.replace("0694f109...", held["id"])
    example = example[1:-1] if example.startswith("{") else example

    def fields(*needed: str) -> str:
        key = example.split(":")[0]
        return ", ".join([*(each for each in needed if each.split(":")[0] != key), example])

    wrapped = {
        "EnvironmentSpec": lambda: "environment: {" + fields() + "}",
        "CodeSpec": lambda: "code: {" + fields(f'manifest: "{code}"') + "}",
        "InputSpec": lambda: "inputs: [{" + fields(f"path: {data}") + "}]",
        "AfterSpec": lambda: "after: [{" + fields(f"job: {held['id']}") + "}]",
    }
    needed = ["name: example", "command: ['true']"]
    return "{" + (fields(*needed) if spec == "JobSpec" else ", ".join([*needed, wrapped[spec]()])) + "}"


@pytest.mark.parametrize("spec", SPECS)
def test_every_field_has_an_example_that_is_accepted(reader: Cli, held: dict[str, Any], spec: str) -> None:
    for row in table("jobs.md", f"### {spec}"):
        field, _, _, example = cells(row)
        assert field.strip("`") in example, row
        text = job_of(spec, example.strip("`"), held, str(reader.folder / "flights.csv"))
        (reader.folder / "example.yaml").write_text(text)
        after = [] if "after:" in text else ["--after", held["id"]]
        group = [] if "group:" in text else ["--group", "examples"]
        done = reader.run("--json", "submit", "--detach", "--no-code", "-f", "example.yaml", *after, *group)
        if field in ("`image`", "`conda`") and done.returncode == 1 and "never run here" in done.stderr:
            continue  # there is no podman, or no conda, here
        assert done.returncode == 0, f"{text}\n{done.stderr}"
        assert json.loads(done.stdout)["state"] == "PENDING", text


def test_the_variables_that_a_command_finds_are_all_told_of(documented: Serving, reader: Cli) -> None:
    """They are those that a job has and its server has not; some only jobs with packages have."""
    rows = table("jobs.md", "## What the command finds")
    told = {name for row in rows for name in re.findall(r"`(\w+)`", cells(row)[0])}
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    array = reader.json(
        "submit", "--seed", "7", "--gpus", "1", "--array", "3", "--", sys.executable, "-c", show
    )
    found = json.loads(reader.json("logs", array["jobs"][0]["id"])["log"])
    served = Path(f"/proc/{documented.process.pid}/environ").read_bytes().decode().split("\0")
    ours = found.keys() - {line.split("=")[0] for line in served}
    assert ours - {"LC_CTYPE"} <= told  # which Python itself sets
    assert told - {"VIRTUAL_ENV", "CONDA_PREFIX"} <= found.keys()
    assert (found["ORRERY_ARRAY_INDEX"], found["ORRERY_ARRAY_GROUP"]) == ("3", array["group"])


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
        (
            "jobs.md",
            [
                *["rate 0.10 seed 7", "rate 0.2 seed 7", "epoch 2", "3/3 done"],
                *["at epoch 6", "something went wrong", "kept step"],
                "Every metric is the same, to the last bit.",
            ],
        ),
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
