"""Measures what Orrery promises of its tracking calls, and MLflow's own server beside it.

    python -m bench.tracking --orrery build/orrery            # ours alone, about a minute
    python -m bench.tracking --orrery build/orrery --peer     # and the stock server, with fewer runs
    python -m bench.tracking --orrery build/orrery --peer --peer-runs 10000

Prints a Markdown table. The exit code is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path

from bench import servers
from bench.tracking.measures import PROMISES, Size
from bench.tracking.table import Results, as_json, markdown, missed

FEWEST_RUNS = 1000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.tracking",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--orrery", type=Path, help="the program to measure")
    parser.add_argument("--peer", action="store_true", help="measure the stock server of this Python too")
    parser.add_argument(
        "--peer-runs", type=int, default=1000, help="runs that the peer searches (default %(default)s)"
    )
    parser.add_argument(
        "--runs", type=int, default=Size().runs, help="runs that are searched (default %(default)s)"
    )
    parser.add_argument(
        "--points", type=int, default=Size().points, help="points of the history (default %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=Size().seconds, help="length of a loop (default %(default)s)"
    )
    parser.add_argument(
        "--only", nargs="*", choices=[promise.key for promise in PROMISES], help="measure only these"
    )
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    args = parser.parse_args()
    if not args.orrery and not args.peer:
        parser.error("say what to measure: --orrery PROGRAM, --peer, or both")
    if min(args.runs, args.peer_runs) < FEWEST_RUNS:
        parser.error(
            f"--runs and --peer-runs must be at least {FEWEST_RUNS}, so that 100 of them match the filter"
        )
    return args


def measure(
    server: contextlib.AbstractContextManager[servers.Running], size: Size, only: list[str] | None, who: str
) -> Results:
    """Starts the server and measures each promise on it."""
    results: Results = {}
    with server as running:
        for promise in PROMISES:
            if only and promise.key not in only:
                continue
            results[promise.key] = promise.measure(running, size)
            print(
                f"{who}: {promise.title}: {results[promise.key].amount:.4g} {promise.unit}", file=sys.stderr
            )
    return results


def main() -> int:
    args = arguments()
    ours: Results = {}
    peer: Results = {}
    with tempfile.TemporaryDirectory(prefix="bench-tracking-") as folder:
        if args.orrery:
            size = Size(args.seconds, args.runs, args.points)
            ours = measure(servers.orrery(args.orrery, Path(folder, "orrery")), size, args.only, "orrery")
        if args.peer:
            size = Size(args.seconds, args.peer_runs, args.points)
            peer = measure(servers.stock(Path(folder, "stock")), size, args.only, "stock")
    print(markdown(ours, peer))
    if args.json:
        args.json.write_text(json.dumps(as_json(ours, peer), indent=1) + "\n")
    return 1 if missed(ours) else 0


if __name__ == "__main__":
    sys.exit(main())
