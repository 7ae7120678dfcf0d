"""The program under test, as a server that is started, stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.server_process import wait_until_ready

STOP_SECONDS = 30
REPOSITORY = Path(__file__).parents[2]


def binary() -> str:
    """The program under test: ORRERY_BINARY, or the release build."""
    return os.environ.get("ORRERY_BINARY", str(REPOSITORY / "build" / "orrery"))


class Serving:
    """One `orrery serve` on `data`; leaving the context stops it, and it must then end with 0."""

    def __init__(self, data: Path, *arguments: str, listen: str = "127.0.0.1:0", env: Mapping[str, str] = {}):
        self.data = data
        self.log = data.with_name(data.name + ".log")
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [binary(), "serve", "--listen", listen, "--data", str(data), *arguments],
                stdout=output,
                stderr=output,
                env={**os.environ, **env},
            )
        self.url = wait_until_ready(self.process, data, self.log)

    @property
    def address(self) -> str:
        """Where it listens: ADDRESS:PORT."""
        return self.url.removeprefix("http://")

    def tail(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        """Ends it with SIGTERM; it must end with 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=STOP_SECONDS)
        assert code == 0, f"the server ended with {code}: {self.tail()}"

    def kill(self) -> None:
        """Ends it with SIGKILL."""
        self.process.kill()
        self.process.wait(timeout=STOP_SECONDS)

    def __enter__(self) -> Serving:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:  # nobody saw its end: one of its own accord is a failure too
            self.stop()
