"""Options of the fault tests: the short form runs in every `make test`, the long one sweeps everything."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.harness import BINARY, FAULTY, Server

SHORT_SECONDS = 240
LONG_SECONDS = 3600


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="every fault position, more kills, a new seed")
    parser.addoption("--seed", type=int, help="plays a run again")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seconds = LONG_SECONDS if config.getoption("--long") else SHORT_SECONDS
    for item in items:
        item.add_marker(pytest.mark.timeout(seconds))


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """Whether this is the long form."""
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture
def chance(pytestconfig: pytest.Config, long: bool) -> random.Random:
    """Random numbers from a seed that a failing test prints."""
    seed = pytestconfig.getoption("--seed")
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "big") if long else 1
    print(f"seed {seed}: play again with --seed {seed}")
    return random.Random(seed)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on a fresh folder, not yet started."""
    assert BINARY.exists() and FAULTY.exists(), f"build orrery and orrery_faulty_server beside {BINARY}"
    with Server(tmp_path / "data") as one:
        yield one
