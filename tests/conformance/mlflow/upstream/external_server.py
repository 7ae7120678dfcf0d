"""pytest plugin: points MLflow's own tests at a server that runs already.

Those tests start a server of their own in each fixture, or use the SQL store without one. This plugin replaces the names
that they import for it before their modules are imported, so it is loaded with -p; run.py does that and sets:

EXTERNAL_URL      the server
EXTERNAL_RESET    a URL to POST to for an empty store; or
EXTERNAL_SQLITE   the SQLite file of MLflow's own server, which is then emptied table by table
EXTERNAL_RESULTS  a file for the outcome of each test, as JSON

What starts a server with settings of its own, looks into the SQL store, or needs workspaces says nothing about a server
over the wire: it is deselected or skipped, never failed.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import sqlite3
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

URL = os.environ["EXTERNAL_URL"].rstrip("/")
KEPT_TABLES = {"alembic_version", "experiments", "workspaces"}
WORKSPACES = ("workspace-enabled", "workspace_mlflow_client", "workspaces_enabled")

outcomes: dict[str, str] = {}
reasons: dict[str, str] = {}


def reset() -> None:
    """Leaves the server with experiment 0 alone."""
    if url := os.environ.get("EXTERNAL_RESET"):
        with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
            assert answer.status == 200
    if path := os.environ.get("EXTERNAL_SQLITE"):
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as database:
            empty(database)


def empty(database: sqlite3.Connection) -> None:
    """Deletes every row that MLflow's server does not need to run."""
    database.execute("PRAGMA foreign_keys = OFF")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table not in KEPT_TABLES and not table.startswith("sqlite_"):
            database.execute(f'DELETE FROM "{table}"')
    database.execute("DELETE FROM experiments WHERE experiment_id != 0")
    database.execute("UPDATE experiments SET lifecycle_stage = 'active', name = 'Default'")
    database.commit()


class RunningServer:
    """Stands in for the helper that serves an application from a thread."""

    def __init__(self, app: object = None, port: int | None = None) -> None:
        self.url = URL

    def __enter__(self) -> str:
        reset()
        return URL

    def __exit__(self, *error: object) -> None:
        return None


@contextlib.contextmanager
def running_server(
    *args: object, extra_env: object = None, app: object = None, **kwargs: object
) -> Iterator[str]:
    """Stands in for the helper that starts a server process."""
    if extra_env or app:
        pytest.skip("needs a server started with its own environment or application")
    reset()
    yield URL


@contextlib.contextmanager
def launched_server(*args: object, **kwargs: object) -> Iterator[object]:
    """Stands in for the artifact tests' own helper of this kind."""
    reset()
    yield None


def over_rest(rest: type, sql: type) -> type:
    """A class with the SQL store's constructor and defaults that asks the server: with it the tests of the store run over
    the wire. A test that reaches for what only the SQL store has is skipped."""
    from mlflow.utils.rest_utils import MlflowHostCreds

    class StoreOverRest(rest):  # type: ignore[misc]
        ARTIFACTS_FOLDER_NAME = "artifacts"
        _engine_map: ClassVar[dict[str, Any]] = {}
        _engine_map_lock = threading.Lock()

        def __init__(self, db_uri: str | None = None, *args: object, **kwargs: object) -> None:
            super().__init__(lambda: MlflowHostCreds(URL))  # type: ignore[no-untyped-call]
            self.db_uri, self.db_type = db_uri, "sqlite"
            if isinstance(db_uri, str) and db_uri.startswith("sqlite:///"):
                with contextlib.suppress(OSError):  # fixtures copy this file about
                    Path(db_uri.removeprefix("sqlite:///")).touch()
            reset()

        @property
        def engine(self) -> Any:
            return type("Engine", (), {"dispose": lambda self: None})()

        def _dispose_engine(self) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            pytest.skip(f"looks into the SQL store: {name}")

    for name, value in inspect.getmembers(sql, lambda value: isinstance(value, str | int)):
        if name.isupper() and not hasattr(rest, name):
            setattr(StoreOverRest, name, value)
    for name, method in inspect.getmembers(sql, inspect.isfunction):
        if not name.startswith("_") and callable(getattr(rest, name, None)):
            setattr(StoreOverRest, name, with_defaults(name, method))
    return StoreOverRest


def with_defaults(name: str, of: Any) -> Any:
    """The REST store's method of this name, with the SQL store's defaults: the abstract ones are not always what a call
    over the wire may carry."""
    defaults = {
        key: parameter.default
        for key, parameter in inspect.signature(of).parameters.items()
        if parameter.default not in (inspect.Parameter.empty, None)
    }

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        ask = getattr(super(type(self), self), name)
        names = list(inspect.signature(ask).parameters)
        for key, value in defaults.items():
            if key in names[len(args) :] and key not in kwargs:
                kwargs[key] = value
        return ask(*args, **kwargs)

    return method


def pytest_configure(config: pytest.Config) -> None:
    import mlflow.server.handlers as handlers
    from mlflow.store.model_registry import sqlalchemy_store as registry
    from mlflow.store.model_registry.rest_store import RestStore as RegistryRest
    from mlflow.store.tracking import sqlalchemy_store as tracking
    from mlflow.store.tracking.rest_store import RestStore as TrackingRest

    for store, rest in ((tracking, TrackingRest), (registry, RegistryRest)):
        setattr(store, "SqlAlchemyStore", over_rest(rest, store.SqlAlchemyStore))  # noqa: B010
    handlers.initialize_backend_stores = lambda *args, **kwargs: None
    # The checkout's, which stands before this project's own package of that name.
    import tests.tracking.integration_test_utils as utils  # type: ignore[import-not-found, unused-ignore]

    utils.ServerThread, utils._init_server = RunningServer, running_server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    dropped = [item for item in items if is_unfit(item)]
    for module in {item.module for item in items if isinstance(item, pytest.Function)}:
        redirect(module)
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in dropped]


def is_unfit(item: pytest.Item) -> bool:
    params = getattr(getattr(item, "callspec", None), "params", {})
    if "file" in [value for value in params.values() if isinstance(value, str)] or params.get(
        "workspaces_enabled"
    ):
        return True
    return any(word in item.nodeid or word in getattr(item, "fixturenames", ()) for word in WORKSPACES[:2])


def redirect(module: ModuleType) -> None:
    """Modules with a start-up of their own are made to use the running server too."""
    if hasattr(module, "_launch_server"):
        module._launch_server = launched_server
        module.get_safe_port = lambda: urlsplit(URL).port


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        kept = outcomes.get(report.nodeid)
        if kept != "failed":
            outcomes[report.nodeid] = report.outcome
            reasons[report.nodeid] = last_line(report)


def last_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)[:400]
    return str(report.longrepr[2])[:400] if isinstance(report.longrepr, tuple) else ""


def pytest_sessionfinish() -> None:
    if path := os.environ.get("EXTERNAL_RESULTS"):
        results = {
            test: {"outcome": outcome, "reason": reasons[test]} for test, outcome in sorted(outcomes.items())
        }
        Path(path).write_text(json.dumps(results, indent=1))
