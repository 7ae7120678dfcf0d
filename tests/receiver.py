"""A receiver of webhooks, written from the Standard Webhooks specification alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple

TOLERANCE_SECONDS = 300


class Message(NamedTuple):
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    def verify(self, secret: str) -> None:
        """Fails unless the sender knows the secret and the message is of now."""
        timestamp = self.headers["webhook-timestamp"]
        assert abs(time.time() - int(timestamp)) < TOLERANCE_SECONDS
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        signed = b".".join([self.id.encode(), timestamp.encode(), self.body])
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


class Receiver:
    """Listens on a free port of this machine; `answer` says which status a message is answered with (0: none at all)."""

    def __init__(self, answer: Callable[[Message], int] = lambda _: 204, port: int = 0) -> None:
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = Message({name.lower(): value for name, value in self.headers.items()}, body)
                with receiver._changed:
                    receiver.messages.append(message)
                    receiver._changed.notify_all()
                status = answer(message)
                if status:
                    self.send_response(status)
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                    self.send_header("Content-Length", "7")
                    self.end_headers()
                    self.wfile.write(b"private")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def wait(self, enough: Callable[[list[Message]], bool], seconds: float = 30) -> list[Message]:
        """What came, once that is enough."""
        with self._changed:
            assert self._changed.wait_for(lambda: enough(self.messages), seconds), self.messages[-5:]
            return list(self.messages)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
