#!/usr/bin/env python3
"""Adds up the JUnit reports under a folder: one line a report, and at last the sum, alone on its line.

A module whose test binary died before it wrote its own report counts as the one case that ctest saw.
Fails when a case failed or when there were none.
Usage: tally_tests.py FOLDER
"""

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def tally_cases(root: ElementTree.Element, ignored: set[str]) -> Tally:
    tally = Tally()
    for case in root.iter("testcase"):
        if case.get("name") in ignored:
            continue
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally


def tally_report(path: Path) -> Tally:
    """Counts one report. Of ctest's, only the modules that have no report of their own beside it."""
    ignored: set[str] = set()
    if path.stem == "ctest":
        suffix = "_test"
        ignored = {
            p.stem.removeprefix("orrery_").removesuffix(suffix)
            for p in path.parent.glob(f"orrery_*{suffix}.xml")
        }
    try:
        return tally_cases(ElementTree.parse(path).getroot(), ignored)
    except ElementTree.ParseError:
        return Tally(failed=1)


def main(folder: str) -> int:
    total = Tally()
    for path in sorted(Path(folder).rglob("*.xml")):
        tally = tally_report(path)
        total.add(tally)
        if tally != Tally():
            print(f"  {path.relative_to(folder).with_suffix('')}: {tally}")
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
