"""Help, versions and what a wrong command line is told."""

from __future__ import annotations

import pytest

from tests.conformance.cli.command import Cli

COMMANDS = [
    "serve",
    "submit",
    "jobs",
    "jobs show",
    "jobs cancel",
    "logs",
    "cluster",
    "runs",
    "runs show",
    "runs compare",
    "reproduce",
    "admin simulate",
    "admin trash",
    "webhooks",
    "webhooks add",
    "webhooks test",
    "webhooks disable",
    "webhooks enable",
    "webhooks rm",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_by_an_example(cli: Cli, command: str) -> None:
    text = cli.ok(*command.split(), "--help")
    assert f"Usage: orrery {command}" in text
    examples = text[text.index("Example") :]
    assert f"  orrery {command}" in examples


def test_the_program_alone_prints_its_help(cli: Cli) -> None:
    text = cli.ok()
    assert text == cli.ok("--help")
    assert "orrery submit" in text
    assert all(command.split()[0] in text for command in COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_the_terminal(cli: Cli, command: str) -> None:
    shown = cli.on_terminal(*command.split(), "--help", columns=80)
    options = shown[shown.index("Options:") : shown.index("Example" if command else "A first job")]
    assert max(map(len, options.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train"], "no such command: train; see: orrery --help"),
        (["--nonsense"], "not understood: --nonsense; see: orrery --help"),
        (["runs", "list"], "not understood: list; see: orrery runs --help"),
        (["jobs", "show"], "see: orrery jobs show --help"),
        (["jobs", "--limit", "many"], "see: orrery jobs --help"),
        (["runs", "compare", "one"], "see: orrery runs compare --help"),
    ],
)
def test_a_wrong_command_line_is_told_where_help_is(cli: Cli, arguments: list[str], told: str) -> None:
    assert told in cli.refused(2, *arguments)


def test_the_version_is_one_line(cli: Cli) -> None:
    assert cli.ok("--version").startswith("orrery 0.")


def test_without_a_server_a_command_says_how_to_start_one(cli: Cli) -> None:
    alone = Cli(cli.folder / "nothing", cli.folder)
    assert "start one with `orrery serve`" in alone.refused(3, "jobs")
    assert "start one with `orrery serve`" in alone.refused(3, "submit", "--", "true")
    assert "`orrery serve` starts one" in alone.refused(3, "--server", "http://127.0.0.1:1", "runs")
    assert "expected http://HOST:PORT" in alone.refused(2, "--server", "here", "runs")
