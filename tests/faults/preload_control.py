"""Steers the library that moves the wall clock of a running server and slows its files down."""

from __future__ import annotations

import mmap
import struct

from tests.faults.harness import BINARY, Server

LIBRARY = BINARY.with_name("liborrery_preload.so")
SUPERVISOR = BINARY.with_name("orrery_shared_supervisor")
FIELDS = struct.Struct("<3q")


class Preload:
    """Gives `server` the library, from its next start on."""

    def __init__(self, server: Server) -> None:
        assert LIBRARY.exists() and SUPERVISOR.exists(), (
            f"build orrery_preload and orrery_shared_supervisor beside {BINARY}"
        )
        path = server.data.with_name("control")
        path.write_bytes(FIELDS.pack(0, 0, 0))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), FIELDS.size)
        self.server = server
        self.environment = {"LD_PRELOAD": str(LIBRARY), "ORRERY_PRELOAD_CONTROL": str(path)}
        server.environment.update(self.environment)

    def set(self, shift: float = 0, sync: float = 0, read: float = 0) -> None:
        """How far the wall clock is off, and how long each sync and each read of a file takes; in seconds."""
        self.memory[:] = FIELDS.pack(*(round(seconds * 1e6) for seconds in (shift, sync, read)))

    def reach_supervisors(self) -> None:
        """The product's own supervisor is static: those that start from now on are the same program, with the library."""
        variables = " ".join(f"{name}='{value}'" for name, value in self.environment.items())
        for path in (self.server.data / "bin").glob("orrery-supervisor-*"):
            script = path.with_suffix(".script")
            script.write_text(f'#!/bin/sh\n{variables} exec {SUPERVISOR} "$@"\n')
            script.chmod(0o755)
            script.rename(path)
