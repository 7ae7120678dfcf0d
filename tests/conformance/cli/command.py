"""Runs the program's commands, in a pipe or on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.program import binary

COMMAND_SECONDS = 60
OURS = ("ORRERY_", "MLFLOW_")


@dataclass(frozen=True)
class Cli:
    """Commands that find the server on `data` and run in `folder`."""

    data: Path
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What a user's shell has, and nothing of ours but the data folder."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        inherited |= {"HOME": str(self.folder.parent), "ORRERY_DATA": str(self.data), "TERM": "xterm"}
        return {**inherited, **self.env}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Starts a command whose output is read by pipes."""
        return subprocess.Popen(
            [binary(), *arguments],
            cwd=self.folder,
            env=self.environment(),
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def run(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, whatever that is."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=seconds)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def ok(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> str:
        """The output of a command that must succeed."""
        done = self.run(*arguments, seconds=seconds)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> Any:
        """The one JSON document that a command prints; it must succeed."""
        return json.loads(self.ok("--json", *arguments, seconds=seconds))

    def refused(self, code: int, *arguments: str) -> str:
        """The error of a command that must end with `code` and print nothing else."""
        done = self.run(*arguments)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.stdout == ""
        assert done.stderr.startswith("orrery: ")
        return done.stderr

    def submit(self, *arguments: str) -> str:
        """The id of a job that is submitted and not waited for."""
        job: str = json.loads(self.ok("submit", "--json", "--detach", *arguments))["id"]
        return job

    def job(self, job_id: str) -> Any:
        """A job as the server has it."""
        return self.json("jobs", "show", job_id)

    def wait_for(self, job_id: str, *states: str) -> Any:
        """The job, once it is in one of `states`."""
        return wait_until(lambda: job if (job := self.job(job_id))["state"] in states else None)

    def on_terminal(self, *arguments: str, columns: int) -> str:
        """What a command shows on a terminal of this width; it must succeed."""
        return Screen(self, *arguments, columns=columns).finish()


class Screen:
    """A command on a terminal of its own."""

    def __init__(self, cli: Cli, *arguments: str, columns: int) -> None:
        self.shown = ""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [binary(), *arguments],
            cwd=cli.folder,
            env=cli.environment(),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # Whoever runs the tests in the background has Ctrl-C ignored by all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(slave)

    def _read(self) -> bool:
        try:
            block = os.read(self._master, 65536)
        except OSError:  # how a terminal says that its other side is closed
            return False
        self.shown += block.decode(errors="replace").replace("\r\n", "\n")
        return bool(block)

    def read_until(self, text: str) -> None:
        """Reads on until `text` was shown."""
        while text not in self.shown:
            assert self._read(), f"{text!r} was not shown: {self.shown}"

    def finish(self) -> str:
        """All that the command shows until its end, which must be a success."""
        while self._read():
            pass
        os.close(self._master)
        assert self.process.wait(timeout=COMMAND_SECONDS) == 0, self.shown
        return self.shown


def wait_until(look: Callable[[], Any], seconds: float = COMMAND_SECONDS) -> Any:
    """What `look` answers, once that is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds} s")
