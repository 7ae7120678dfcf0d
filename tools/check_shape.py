#!/usr/bin/env python3
"""Measures how long files and functions are, and refuses the overlong ones.

The house keeps to a median file of 120 lines, p90 of 400 and none over 800; functions to a p99 of 65 lines and none
over 100. Only the hard limits fail; the rest is printed, to notice drift by. Functions are found in C++ by matching
braces and in Python by its parser; TypeScript files are only counted.
Usage: check_shape.py ROOT
"""

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FILE_LIMIT = 800
FUNCTION_LIMIT = 100
SUFFIXES = (".h", ".cc", ".c", ".py", ".ts", ".tsx")

# Comments and literals, whose braces do not count.
LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
    re.S,
)
SCOPE = re.compile(
    r"(?:inline\s+|typedef\s+|static\s+|const\s+)*(?:namespace|class|struct|union|enum|extern)\b"
)
ACCESS = re.compile(r"\s*(?:(?:public|private|protected)\s*:)?\s*")
TEMPLATE = re.compile(r"template\s*<")
NAME = re.compile(r"([\w:~]+(?:\s*operator\s*\S+)?)\s*\(")


@dataclass
class Function:
    name: str
    line: int
    length: int


def blank_literals(text: str) -> str:
    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match.group())

    return LITERAL.sub(blank, text)


def blank_directives(code: str) -> str:
    return re.sub(
        r"^[ \t]*#(?:[^\n\\]|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group()), code, flags=re.M | re.S
    )


def skip_template(head: str) -> str:
    """Returns what follows the `template <...>` that `head` may start with."""
    while match := TEMPLATE.match(head):
        depth, at = 1, match.end()
        while depth and at < len(head):
            depth += {"<": 1, ">": -1}.get(head[at], 0)
            at += 1
        head = head[at:].lstrip()
    return head


def opens_scope(head: str) -> bool:
    """Says whether the brace after `head` opens a namespace or a type, and not the body of a function."""
    return bool(SCOPE.match(skip_template(head))) and not re.search(r"\)\s*(?:const|noexcept)?\s*$", head)


def cpp_functions(text: str) -> list[Function]:
    """Finds the bodies that stand in no other body; lambdas count as part of their function."""
    code = blank_directives(blank_literals(text))
    functions: list[Function] = []
    scopes: list[bool] = []  # one for each open brace: does it hold declarations?
    head_at = 0  # where the text that leads up to the next brace starts
    name, first_line = "", 0
    for match in re.finditer(r"[{};]", code):
        at, mark = match.start(), match.group()
        in_body = False in scopes
        if mark == "{":
            start = ACCESS.match(code, head_at, at).end()  # type: ignore[union-attr]
            scopes.append(not in_body and opens_scope(code[start:at]))
            if not in_body and not scopes[-1]:
                called = NAME.search(code, start, at)
                name = called.group(1) if called else ""
                first_line = code.count("\n", 0, start) + 1
        elif mark == "}" and scopes:
            closed_body = not scopes.pop() and False not in scopes
            if closed_body and name:
                functions.append(Function(name, first_line, code.count("\n", 0, at) + 2 - first_line))
        head_at = at + 1
    return functions


def python_functions(text: str) -> list[Function]:
    nodes = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [Function(n.name, n.lineno, (n.end_lineno or n.lineno) - n.lineno + 1) for n in nodes]


def percentile(values: list[int], part: float) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0


def tracked_files(root: Path) -> list[Path]:
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (root / name for name in listing.split("\0") if name.endswith(SUFFIXES))
    return sorted(path for path in paths if path.is_file())


def functions_of(path: Path, text: str) -> list[Function]:
    if path.suffix in (".h", ".cc", ".c"):
        return cpp_functions(text)
    return python_functions(text) if path.suffix == ".py" else []


def main(root: str) -> int:
    problems: list[str] = []
    file_lengths: list[int] = []
    function_lengths: list[int] = []
    for path in tracked_files(Path(root)):
        text = path.read_text()
        lines = text.count("\n")
        file_lengths.append(lines)
        if lines > FILE_LIMIT:
            problems.append(f"{path}: {lines} lines, at most {FILE_LIMIT}")
        for function in functions_of(path, text):
            function_lengths.append(function.length)
            if function.length > FUNCTION_LIMIT:
                problems.append(
                    f"{path}:{function.line}: {function.name} has {function.length} lines, at most {FUNCTION_LIMIT}"
                )
    print(
        f"{len(file_lengths)} files: median {percentile(file_lengths, 0.5)}, p90 {percentile(file_lengths, 0.9)} lines; "
        f"{len(function_lengths)} functions: median {percentile(function_lengths, 0.5)}, "
        f"p99 {percentile(function_lengths, 0.99)} lines"
    )
    print("\n".join(problems) or "shape ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
