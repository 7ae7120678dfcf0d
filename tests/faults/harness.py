"""Starts, steers and ends servers that fail: the real program, and the one that fails by plan."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from tests.server_process import stamp, wait_until_ready

BINARY = Path(os.environ.get("ORRERY_BINARY", Path(__file__).parents[2] / "build" / "orrery")).resolve()
FAULTY = BINARY.with_name("orrery_faulty_server")
REFUSED = 1
UNKNOWN_STATE = 70
CRASHED_BY_PLAN = 99
END_SECONDS = 20
CALL_SECONDS = 20

Json = dict[str, Any]


class UnansweredError(Exception):
    """A call got no answer that tells what happened: a server's error (`status`), or none at all (0)."""

    def __init__(self, what: str, status: int, text: str = "") -> None:
        super().__init__(f"{what}: {status} {text[:300]}")
        self.status = status
        self.text = text


def positions(sites: dict[str, int], most: int | None) -> list[str]:
    """Where a plan can hit: SITE@N for every site that was called, at most so many of each, the first and last included."""
    found = []
    for site, count in sites.items():
        steps = count if most is None else min(count, most)
        found += [f"{site}@{1 + i * (count - 1) // max(1, steps - 1)}" for i in range(steps)]
    return found


class Server:
    """One server after the other on the same folder. Use as a context: the last one is killed at the end."""

    def __init__(self, data: Path, port: int = 0, wrapper: list[str] | None = None) -> None:
        self.data = data
        self.log = data.with_name(data.name + ".log")
        self.port = port
        self.wrapper = wrapper or []
        self.url = ""
        self.seen = data
        self.process: subprocess.Popen[bytes] | None = None
        self.session = requests.Session()
        self.session.trust_env = False
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.kill()

    def start(self) -> float:
        """Starts the real program; the seconds until it is ready."""
        listen = f"127.0.0.1:{self.port}"
        return self._spawn([str(BINARY), "serve", "--listen", listen, "--data", str(self.data)])

    def start_faulty(self, plan: str = "") -> float:
        """Starts the one that fails by plan."""
        return self._spawn([str(FAULTY), str(self.data), plan])

    def _spawn(self, command: list[str]) -> float:
        started = time.monotonic()
        before = stamp(self.data)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.wrapper + command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if command[0] == str(FAULTY) else output,
                stderr=output,
                env={**os.environ, **self.environment},
            )
        # In a mount namespace of its own, only the server sees what lies on its disks.
        inside = Path(f"/proc/{self.process.pid}/root{self.data}") if self.wrapper else self.data
        self.url = wait_until_ready(self.process, inside, self.log, before)
        self.seen = inside
        return time.monotonic() - started

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process
        return self.process

    def plan(self, text: str) -> Json:
        """Sets another plan."""
        return self._ask(f"set {text}")

    def counts(self) -> Json:
        """How often each site was called since the plan was set, and whether a rule has hit."""
        return self._ask("counts")

    def _ask(self, line: str) -> Json:
        process = self.running
        assert process.stdin and process.stdout
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer:
            raise UnansweredError(line, 0)
        reply: Json = json.loads(answer)
        return reply

    def kill(self) -> None:
        """SIGKILL."""
        self.running.send_signal(signal.SIGKILL)
        self.running.wait(END_SECONDS)

    def stop(self) -> None:
        """Ends the server in order."""
        process = self.running
        if process.stdout and process.stdin:
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(END_SECONDS) == 0, self.log.read_text()[-4000:]

    def exit_status(self) -> int | None:
        """How it ended; None while it answers, given a moment to die after a failed call."""
        try:
            return self.running.wait(0.2)
        except subprocess.TimeoutExpired:
            return None

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any answer below 500. Raises UnansweredError for the others."""
        options.setdefault("timeout", CALL_SECONDS)
        try:
            reply = self.session.request(method, self.url + path, **options)
        except requests.RequestException as error:
            raise UnansweredError(f"{method} {path}", 0, str(error)) from error
        if reply.status_code >= 500:
            raise UnansweredError(f"{method} {path}", reply.status_code, reply.text)
        return reply

    def ok(self, method: str, path: str, **options: Any) -> Json:
        """The JSON of an answer that must be a success."""
        reply = self.call(method, path, **options)
        assert reply.status_code < 300, f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        answer: Json = json.loads(reply.text) if reply.text else {}
        return answer

    def mlflow(self, path: str, /, **body: Any) -> Json:
        """A POST on MLflow's wire."""
        return self.ok("POST", f"/api/2.0/mlflow/{path}", json=body)

    def get(self, path: str, /, **query: Any) -> Json:
        """A GET on MLflow's wire."""
        return self.ok("GET", f"/api/2.0/mlflow/{path}", params=query)
