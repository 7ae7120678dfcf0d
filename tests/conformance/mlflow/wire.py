"""MLflow's REST wire without MLflow's client: one call, what it must answer, and bytes that no client would send."""

from __future__ import annotations

import json
import socket
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

API = "/api/2.0/mlflow"
AJAX = "/ajax-api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
TIMEOUT_SECONDS = 60

Json = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """The server under test. `stock` tells that it is MLflow's own, whose few deliberate differences COVERAGE.md lists."""

    url: str
    stock: bool
    pid: int | None = None
    data: str | None = None
    sanitized: bool = False


class Reply(NamedTuple):
    """An answer read from a socket; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """Calls one server. Paths that start with a slash are whole, others lie under API."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends one request and answers whatever came back."""
        whole = path if path.startswith("/") else f"{API}/{path}"
        options.setdefault("timeout", TIMEOUT_SECONDS)
        return self.session.request(method, self.server.url + whole, **options)

    def ok(self, method: str, path: str, **options: Any) -> Json:
        """The JSON of an answer that must be 200."""
        reply = self.call(method, path, **options)
        assert reply.status_code == 200, f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        answer: Json = json.loads(reply.text) if reply.text else {}
        return answer

    def post(self, path: str, /, **body: Any) -> Json:
        """POSTs a JSON body that must be accepted."""
        return self.ok("POST", path, json=body)

    def patch(self, path: str, /, **body: Any) -> Json:
        """PATCHes with a JSON body that must be accepted."""
        return self.ok("PATCH", path, json=body)

    def delete(self, path: str, /, **body: Any) -> Json:
        """DELETEs with a JSON body that must be accepted."""
        return self.ok("DELETE", path, json=body)

    def get(self, path: str, /, **query: Any) -> Json:
        """GETs with a query that must be accepted."""
        return self.ok("GET", path, params=query)

    def refused(self, method: str, path: str, status: int, code: str, **options: Any) -> str:
        """The message of an answer that must be this error, in MLflow's form."""
        reply = self.call(method, path, **options)
        assert reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        error = reply.json()
        assert error["error_code"] == code, error
        message: str = error["message"]
        assert message
        return message

    def invalid(self, path: str, /, **body: Any) -> str:
        """The message of a POST that must be refused as INVALID_PARAMETER_VALUE."""
        return self.refused("POST", path, 400, "INVALID_PARAMETER_VALUE", json=body)

    def missing(self, path: str, /, **body: Any) -> str:
        """The message of a POST that must be refused as RESOURCE_DOES_NOT_EXIST."""
        return self.refused("POST", path, 404, "RESOURCE_DOES_NOT_EXIST", json=body)

    def create_run(self, experiment: str, **body: Any) -> str:
        """Creates a run and answers its id."""
        run_id: str = self.post("runs/create", experiment_id=experiment, **body)["run"]["info"]["run_id"]
        return run_id

    def run(self, run_id: str) -> Json:
        """The run as runs/get shows it."""
        answer: Json = self.get("runs/get", run_id=run_id)["run"]
        return answer

    def history(self, run_id: str, key: str, **query: Any) -> list[Json]:
        """The points of one metric."""
        points: list[Json] = self.get("metrics/get-history", run_id=run_id, metric_key=key, **query).get(
            "metrics", []
        )
        return points

    def send(self, payload: bytes, *, finish: bool = False) -> Reply:
        """Sends raw bytes on a fresh connection (`finish` closes its sending side) and reads one answer."""
        address = urlsplit(self.server.url)
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=20) as connection:
            try:
                connection.sendall(payload)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server may answer and close before it has read everything
            return read_reply(connection)

    def raw(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Sends a request whose target is not normalised, as a client's library would."""
        fields = {"Host": urlsplit(self.server.url).netloc, "Connection": "close", **(headers or {})}
        if body or method in ("POST", "PUT", "PATCH"):
            fields["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return self.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)


def read_reply(connection: socket.socket) -> Reply:
    """Reads one answer; status 0 when the server closed the connection without a word."""
    received = b""
    try:
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                return Reply(0, {}, received)
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", "-1"))
        while length < 0 or len(body) < length:
            more = connection.recv(65536)
            if not more:
                break
            body += more
    except ConnectionResetError:
        return Reply(0, {}, received)
    return Reply(int(lines[0].split(" ")[1]), headers, body)


def pairs(rows: list[Json] | None) -> dict[str, Any]:
    """The key-value rows of MLflow's wire as a dictionary."""
    return {row["key"]: row.get("value") for row in rows or []}


def unique(prefix: str) -> str:
    """A name with this prefix that nothing on the server has yet."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"
