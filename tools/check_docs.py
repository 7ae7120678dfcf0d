#!/usr/bin/env python3
"""Checks that the pages name only files that exist: relative links, and paths in backticks that start in a known folder.

A path with a word in capitals or a star (`src/NAME/x.h`, `*_test.cc`) is a pattern and is left alone.
Usage: check_docs.py ROOT
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
QUOTED = re.compile(r"`((?:src|tools|tests|docs|web|bench|examples|supervisor|cmake)/[\w./-]*)`")
PATTERN = re.compile(r"[A-Z]{3,}|\*")
GENERATED = ("web/dist", "web/node_modules")


def missing_paths(page: Path, text: str, root: Path) -> Iterator[str]:
    for target in LINK.findall(text):
        if "://" not in target and not (page.parent / target).exists():
            yield f"links to {target}, which does not exist"
    for named in QUOTED.findall(text):
        is_pattern = PATTERN.search(named.removesuffix("README.md").removesuffix("ADDING.md"))
        if is_pattern or named.startswith(GENERATED):
            continue
        if not (root / named).exists() and not (page.parent / named).exists():
            yield f"names `{named}`, which does not exist"


def main(root: str) -> int:
    top = Path(root).resolve()
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pages = [top / name for name in listing.split("\0") if name]
    problems = [
        f"{page.relative_to(top)}: {problem}"
        for page in pages
        if page.is_file()
        for problem in missing_paths(page, page.read_text(), top)
    ]
    print("\n".join(problems) or f"{len(pages)} pages ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
