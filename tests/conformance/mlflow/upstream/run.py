"""Runs MLflow's own wire-level tests against a server, and compares what two servers pass.

    python tests/conformance/mlflow/upstream/run.py run CHECKOUT --results ours.json
    python tests/conformance/mlflow/upstream/run.py run CHECKOUT --results stock.json --url http://127.0.0.1:5055 --sqlite FILE
    python tests/conformance/mlflow/upstream/run.py compare stock.json ours.json

CHECKOUT is a checkout of MLflow's sources at the release of the installed client, kept outside this repository: only its
tests/ is used. Without --url it starts ORRERY_BINARY (build/orrery) with --allow-test-reset on an empty folder. `compare`
fails for each test that the first passes, the second does not, and exceptions.txt does not explain.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[3]
SUITES = (
    "tests/tracking/test_rest_tracking.py",
    "tests/tracking/test_model_registry.py",
    "tests/tracking/test_mlflow_artifacts.py",
    "tests/store/model_registry/test_sqlalchemy_store.py",
    "tests/store/tracking/sqlalchemy_store/test_sqlalchemy_store.py",
)
TEST_SECONDS = 60


@contextlib.contextmanager
def orrery() -> Iterator[str]:
    """The address of a server on an empty folder that may be emptied again."""
    sys.path.insert(0, str(REPOSITORY))
    from tests.conformance.program import Serving

    with (
        tempfile.TemporaryDirectory() as folder,
        Serving(Path(folder) / "data", "--allow-test-reset") as serving,
    ):
        yield serving.url


def run_tests(arguments: argparse.Namespace, url: str) -> int:
    """Runs the suites against the server at `url`."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{HERE}{os.pathsep}{arguments.checkout.resolve()}",
        "EXTERNAL_URL": url,
        "EXTERNAL_RESULTS": str(arguments.results.resolve()),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    if arguments.sqlite:
        environment["EXTERNAL_SQLITE"] = str(arguments.sqlite)
    else:
        environment["EXTERNAL_RESET"] = f"{url}/api/v1/test/reset"
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "pytest.ini"  # not the checkout's, whose options are for its own machines
        settings.write_text("[pytest]\nfilterwarnings = ignore\nasyncio_mode = auto\n")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            str(settings),
            "--rootdir",
            str(arguments.checkout),
        ]
        command += [
            "-p",
            "external_server",
            "--timeout",
            str(TEST_SECONDS),
            "--tb=short",
            "-p",
            "no:cacheprovider",
        ]
        command += [*arguments.options, *(arguments.suites or SUITES)]
        return subprocess.run(command, cwd=arguments.checkout, env=environment, check=False).returncode


def exceptions() -> list[tuple[str, str]]:
    """Patterns of tests that this server is not meant to pass, each with its reason."""
    found = []
    for line in (HERE / "exceptions.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition("  ")
            assert reason.strip(), f"exceptions.txt: no reason for {pattern}"
            found.append((pattern, reason.strip()))
    return found


def compare(stock: dict[str, dict[str, str]], ours: dict[str, dict[str, str]]) -> int:
    """Prints both tallies by suite and what only the first passes; the number of tests that nothing explains."""
    known = exceptions()
    unexplained = 0
    used: Counter[str] = Counter()
    for suite in SUITES:
        tests = [test for test in stock if test.startswith(suite)]
        tally = [
            Counter(of.get(test, {"outcome": "absent"})["outcome"] for test in tests) for of in (stock, ours)
        ]
        print(f"{suite}\n  stock {dict(tally[0])}\n  ours  {dict(tally[1])}")
        for test in tests:
            name = test.removeprefix("tests/")
            if stock[test]["outcome"] != "passed" or ours.get(test, {}).get("outcome") == "passed":
                continue
            why = next(
                ((pattern, reason) for pattern, reason in known if fnmatch.fnmatchcase(name, pattern)), None
            )
            if why:
                used[why[1]] += 1
            else:
                unexplained += 1
                print(f"  NOT PASSED {name}: {ours.get(test, {}).get('reason', 'not run')}")
    for reason, count in used.most_common():
        print(f"{count:5}  {reason}")
    for pattern, _ in known:
        if not any(fnmatch.fnmatchcase(test.removeprefix("tests/"), pattern) for test in stock):
            print(f"exceptions.txt: no test is called {pattern}")
    return unexplained


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("checkout", type=Path)
    run.add_argument(
        "--results", type=Path, required=True, help="where each test's outcome is written, as JSON"
    )
    run.add_argument("--url", help="a running server, instead of one of our own")
    run.add_argument("--sqlite", type=Path, help="the database file of MLflow's own server")
    run.add_argument("--suites", nargs="*", help="instead of all")
    run.add_argument("--options", nargs=argparse.REMAINDER, default=[], help="for pytest; last")
    both = commands.add_parser("compare")
    both.add_argument("stock", type=Path)
    both.add_argument("ours", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "compare":
        unexplained = compare(json.loads(arguments.stock.read_text()), json.loads(arguments.ours.read_text()))
        return 1 if unexplained else 0
    with contextlib.nullcontext(arguments.url) if arguments.url else orrery() as url:
        return run_tests(arguments, url)


if __name__ == "__main__":
    sys.exit(main())
