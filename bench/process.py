"""What a process and all its descendants used: processor time and memory, read from /proc (Linux)."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

MIB = 1 << 20
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PPID, UTIME, CSTIME = 1, 11, 14  # fields of /proc/PID/stat after the name


class Memory(NamedTuple):
    """Resident and proportional memory of a tree of processes, in MiB: shared pages count once only in `pss`."""

    processes: int
    rss: float
    pss: float


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat_fields(int(entry.name))):
            children.setdefault(int(fields[PPID]), []).append(int(entry.name))
    found, open_ends = [], [root]
    while open_ends:
        pid = open_ends.pop()
        found.append(pid)
        open_ends += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the tree, children already reaped included."""
    ticks = 0
    for pid in tree(root):
        if fields := stat_fields(pid):
            ticks += sum(int(value) for value in fields[UTIME : CSTIME + 1])
    return ticks / TICKS_PER_SECOND


def memory(root: int) -> Memory:
    """What the tree holds now."""
    rss = pss = 0
    pids = tree(root)
    for pid in pids:
        try:
            rss += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            pss += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):
            continue
    return Memory(len(pids), rss / MIB, pss / MIB)


class CpuTime:
    """`with CpuTime(pid) as cpu: ...` leaves the seconds that the tree used meanwhile in `cpu.seconds`."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.seconds = 0.0

    def __enter__(self) -> CpuTime:
        self._start = cpu_seconds(self.root)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = cpu_seconds(self.root) - self._start
