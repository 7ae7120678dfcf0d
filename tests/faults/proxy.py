"""A network between clients and the server that repeats requests, loses answers and lets requests overtake one another."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

REPEATED = 0.2
LOST = 0.1
LONGEST_HOLD_SECONDS = 0.05
LATEST_COPY_SECONDS = 0.5
BLOCK = 1 << 16

# Requests that create under no key of their client's: their copy follows when the first was answered, and the client
# gets the first answer. A copy that came at the same time could win, and its answer would say that the name is taken.
KEYLESS_CREATE = re.compile(r"/mlflow/[a-z-]+/create$")
# Requests whose copy may arrive after later requests of the same client: they carry their own key, or name the point, the
# object or the file that they write.
TIMELESS = re.compile(r"/api/v1/jobs$|/api/v1/content/|log-metric$|log-batch$|log-parameter$|/artifacts/")


@dataclass
class Fate:
    """What happens to one request."""

    hold: float
    copy: str  # none, at once, after, late
    lost: bool


class Proxy:
    """Serves on a port of its own, in a thread of its own. One request a connection, so that each may overtake others.

    What happens to the n-th request follows from the seed and n.
    """

    def __init__(self, port: int, seed: int) -> None:
        self.upstream = port
        self.seed = seed
        self.count = 0
        self.tally: Counter[str] = Counter()
        self.tasks: set[asyncio.Task[object]] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.url = ""

    def __enter__(self) -> Proxy:
        self.thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=BLOCK)
        self.server = asyncio.run_coroutine_threadsafe(starting, self.loop).result()
        host, port = self.server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._finish(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def _finish(self) -> None:
        """Late copies arrive before the end."""
        self.server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*others, return_exceptions=True)

    def fate_of(self, target: str) -> Fate:
        """Of the next request."""
        self.count += 1
        chance = random.Random(f"{self.seed}/{self.count}")
        copy = "none"
        if chance.random() < REPEATED:
            copy = chance.choice(["at once", "after", "late"])
            if KEYLESS_CREATE.search(target) or (copy == "late" and not TIMELESS.search(target)):
                copy = "after"
        return Fate(chance.uniform(0, LONGEST_HOLD_SECONDS), copy, chance.random() < LOST)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target, request = await read_request(reader)
            fate = self.fate_of(target.split("?")[0])
            self.tally["requests"] += 1
            await asyncio.sleep(fate.hold)
            if fate.copy == "at once":
                self._repeat(request, 0)
            answer = await self._exchange(request, None if fate.lost else writer)
            if fate.copy == "after":
                self.tally["repeated"] += 1
                await self._exchange(request, None)
            elif fate.copy == "late":
                self._repeat(request, LATEST_COPY_SECONDS)
            if fate.lost and answer:
                self.tally["lost"] += 1
                writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            writer.close()

    def _repeat(self, request: bytes, within: float) -> None:
        self.tally["repeated"] += 1

        async def send() -> None:
            await asyncio.sleep(random.Random(self.count).uniform(0, within))
            await self._exchange(request, None)

        task: asyncio.Task[object] = self.loop.create_task(send())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _exchange(self, request: bytes, writer: asyncio.StreamWriter | None) -> int:
        """Sends it to the server; hands the answer over as it comes, or swallows it. How many bytes came."""
        incoming, outgoing = await asyncio.open_connection("127.0.0.1", self.upstream)
        count = 0
        try:
            outgoing.write(request)
            await outgoing.drain()
            while block := await incoming.read(BLOCK):
                count += len(block)
                if writer:
                    writer.write(block)
                    await writer.drain()
        finally:
            outgoing.close()
        return count


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Its target, and all of it, with the wish that the connection is closed behind the answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
    kept = [field for field in fields if not field.lower().startswith("connection:")]
    lengths = [
        int(field.split(":")[1]) for field in kept if re.match("content-length:", field, re.IGNORECASE)
    ]
    assert not any(re.match("transfer-encoding:", field, re.IGNORECASE) for field in kept), "chunked"
    body = await reader.readexactly(lengths[0]) if lengths else b""
    whole = "\r\n".join([line, *kept, "Connection: close", "", ""]).encode("latin-1") + body
    return line.split(" ")[1], whole
