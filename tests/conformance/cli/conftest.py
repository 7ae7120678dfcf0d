"""The command line against a server of its own, as a user in a project folder meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving

TEST_SECONDS = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with two CPUs for jobs, whatever the machine has."""
    data = tmp_path_factory.mktemp("orrery") / "data"
    with Serving(data, env={"ORRERY_CPUS": "2"}) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty folder in which commands run."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def cli(serving: Serving, project: Path) -> Cli:
    """Commands in the project folder, pointed at the shared server's data folder."""
    return Cli(serving.data, project)
