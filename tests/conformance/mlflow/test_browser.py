"""What a foreign page in the user's browser may not do, and what artifacts may not do to a page."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from tests.conformance.mlflow.wire import API, ARTIFACTS, Wire, pairs

JSON = {"Content-Type": "application/json"}
EVIL = "http://evil.example"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_foreign_host_is_403(wire: Wire, run: str, host: str) -> None:
    assert wire.raw("GET", f"{API}/runs/get?run_id={run}", {"Host": host}).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_own_hosts_are_served(wire: Wire, run: str, host: str) -> None:
    port = urlsplit(wire.server.url).port
    assert wire.raw("GET", f"{API}/runs/get?run_id={run}", {"Host": f"{host}:{port}"}).status == 200


@pytest.mark.parametrize("origin", [EVIL, "null", "http://localhost.evil.example"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_foreign_origin_may_not_write(
    wire: Wire, experiment: str, run: str, method: str, origin: str
) -> None:
    file = f"{ARTIFACTS}/{experiment}/{run}/artifacts/f"
    wire.ok("PUT", file, data=b"mine")
    target = {"POST": f"{API}/runs/set-tag", "PATCH": f"{API}/registered-models/update"}.get(method, file)
    body = json.dumps({"run_id": run, "key": "k", "value": "v"}).encode() if method != "DELETE" else b""
    if wire.server.stock and origin == "null":  # lets it pass
        return
    assert wire.raw(method, target, {**JSON, "Origin": origin}, body).status == 403
    assert "k" not in pairs(wire.run(run)["data"]["tags"])
    assert wire.call("GET", file).content == b"mine"


def test_own_origin_may_write(wire: Wire, run: str) -> None:
    body = json.dumps({"run_id": run, "key": "k", "value": "v"}).encode()
    headers = {**JSON, "Origin": wire.server.url}
    assert wire.raw("POST", f"{API}/runs/set-tag", headers, body).status == 200


def test_text_that_carries_json_is_refused(wire: Wire, run: str) -> None:
    body = json.dumps({"run_id": run, "key": "k", "value": "v"}).encode()
    for kind in ("text/plain", "<script>alert(1)</script>"):
        reply = wire.raw("POST", f"{API}/runs/set-tag", {"Content-Type": kind}, body)
        assert reply.status == 400
        assert b"<script>" not in reply.body or b"application/json" in reply.headers["content-type"].encode()
    assert "k" not in pairs(wire.run(run)["data"]["tags"])


def test_reads_allow_no_foreign_origin(wire: Wire, run: str) -> None:
    reply = wire.raw("GET", f"{API}/runs/get?run_id={run}", {"Origin": EVIL})
    assert reply.headers.get("access-control-allow-origin") in (None, wire.server.url)


@pytest.mark.parametrize("file", ["x.html", "x.svg", "x.pdf", "x.js", "x"])
def test_artifacts_are_downloads(wire: Wire, experiment: str, run: str, file: str) -> None:
    path = f"{ARTIFACTS}/{experiment}/{run}/artifacts/{file}"
    wire.ok("PUT", path, data=b"<script>alert(1)</script>")
    for target in (path, f"/get-artifact?run_id={run}&path={file}"):
        headers = wire.call("GET", target).headers
        assert headers["Content-Disposition"].startswith("attachment")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"].upper() in ("SAMEORIGIN", "DENY")


@pytest.mark.parametrize("encoded", ["a%0d%0aSet-Cookie:%20x=1.txt", "a%22b.txt", "%CE%A9.txt"])
def test_names_inject_no_header(wire: Wire, experiment: str, run: str, encoded: str) -> None:
    path = f"{ARTIFACTS}/{experiment}/{run}/artifacts/{encoded}"
    if wire.raw("PUT", path, body=b"x").status != 200:
        return
    reply = wire.raw("GET", path)
    assert reply.status == 200
    assert "set-cookie" not in reply.headers
    assert reply.headers["content-disposition"].startswith("attachment")


def test_markup_is_kept_as_text(wire: Wire, experiment: str, run: str) -> None:
    text = "<img src=x onerror=alert(1)>"
    wire.post("runs/set-tag", run_id=run, key="mlflow.note.content", value=text)
    wire.post("runs/update", run_id=run, run_name=text)
    found = wire.run(run)
    assert found["info"]["run_name"] == text
    assert pairs(found["data"]["tags"])["mlflow.note.content"] == text
    reply = wire.call("GET", "runs/get", params={"run_id": run})
    assert reply.headers["Content-Type"].startswith("application/json")
