"""The server is killed again and again while it delivers events to a receiver that fails now and then."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import threading
import time
from pathlib import Path

from tests.faults.harness import Server, UnansweredError
from tests.receiver import Message, Receiver

SHORT_KILLS = 10
LONG_KILLS = 100
SETTLE_SECONDS = 60.0


def test_every_event_arrives_in_order_when_the_server_is_killed(
    server: Server, chance: random.Random, long: bool
) -> None:
    server.start()
    with Receiver(lambda _: 503 if chance.random() < 0.003 else 204) as receiver:
        wanted = {"url": receiver.url, "types": ["run_*"]}
        secret = server.ok("POST", "/api/v1/webhooks", json=wanted)["secret"]
        for _ in range(LONG_KILLS if long else SHORT_KILLS):
            ending = threading.Event()
            writer = threading.Thread(target=write, args=(server, ending))
            writer.start()
            time.sleep(chance.uniform(0.2, 0.6))
            ending.set()
            server.kill()
            writer.join()
            server.start()
        expected = stored(server.data / "orrery.db")
        last = f"evt_{expected[-1]}"
        came = receiver.wait(lambda messages: any(one.id == last for one in messages), SETTLE_SECONDS)
    for message in came:
        message.verify(secret)
    assert len(expected) > 100, "hardly anything happened"
    assert once(came) == expected
    print(f"{len(expected)} events, {len(came) - len(expected)} of them repeated")


def write(server: Server, ending: threading.Event) -> None:
    """Makes events until it is told to end or the server is gone."""
    with contextlib.suppress(UnansweredError):
        while not ending.is_set():
            server.mlflow("runs/create", experiment_id="0")


def stored(path: Path) -> list[int]:
    """The events that the database holds for the webhook."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as database:
        rows = database.execute("SELECT id FROM events WHERE type LIKE 'run\\_%' ESCAPE '\\' ORDER BY id")
        return [row[0] for row in rows]


def once(messages: list[Message]) -> list[int]:
    """The events in the order of their first arrival; one may only be repeated before the next has come."""
    order: list[int] = []
    for message in messages:
        event = json.loads(message.body)["id"]
        if event not in order[-1:]:
            order.append(event)
    return order
