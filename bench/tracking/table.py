"""The result as a Markdown table and as JSON."""

from __future__ import annotations

import os
import platform
from typing import Any

from bench.tracking.measures import PROMISES, Promise, Value

Results = dict[str, Value]

HEADER = [
    "| what | Orrery | stock MLflow | ratio | target | | wall p50 / p99, Orrery | wall p50 / p99, stock |",
    "|---|---:|---:|---:|---:|---|---:|---:|",
]


def missed(ours: Results) -> list[Promise]:
    """The promises that these results do not keep."""
    return [
        promise for promise in PROMISES if promise.key in ours and ours[promise.key].amount > promise.target
    ]


def markdown(ours: Results, peer: Results) -> str:
    """One line for each promise that was measured; CPU is the server's, for one call."""
    broken = missed(ours)
    lines = [f"{machine()}. CPU is the server's processor time for one call.", "", *HEADER]
    for promise in PROMISES:
        mine, theirs = ours.get(promise.key), peer.get(promise.key)
        if not mine and not theirs:
            continue
        ratio = f"{theirs.amount / mine.amount:,.0f}x" if mine and theirs and mine.amount else ""
        verdict = "" if not mine else "**missed**" if promise in broken else "kept"
        cells = [promise.title, amount(mine, promise), amount(theirs, promise), ratio]
        cells += [f"{promise.target:g} {promise.unit}", verdict, walls(mine), walls(theirs)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def amount(value: Value | None, promise: Promise) -> str:
    if not value:
        return ""
    note = f" ({value.note})" if value.note else ""
    return (
        f"{value.amount:,.3g} {promise.unit}{note}"
        if value.amount < 100
        else f"{value.amount:,.0f} {promise.unit}{note}"
    )


def walls(value: Value | None) -> str:
    if not value or value.wall_p50_ms is None or value.wall_p99_ms is None:
        return ""
    return f"{value.wall_p50_ms:.3g} / {value.wall_p99_ms:.3g} ms"


def machine() -> str:
    cores = os.cpu_count()
    load = os.getloadavg()[0]
    return f"{cores} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}, load {load:.1f}"


def as_json(ours: Results, peer: Results) -> dict[str, Any]:
    """The same numbers for a program."""
    return {
        "machine": machine(),
        "orrery": {key: value._asdict() for key, value in ours.items()},
        "stock": {key: value._asdict() for key, value in peer.items()},
        "missed": [promise.key for promise in missed(ours)],
    }
