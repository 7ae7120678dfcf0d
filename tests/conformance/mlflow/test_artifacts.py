"""Artifacts through the proxy: files, folders, ranges, deletion, one that is larger than memory should grow."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tests.conformance.mlflow.wire import ARTIFACTS, Json, Wire

MIB = 1 << 20
BIG_MIB = 200
GROWTH_MIB = 64


@pytest.fixture
def folder(experiment: str, run: str) -> str:
    """The proxy's path of a fresh run's artifacts."""
    return f"{ARTIFACTS}/{experiment}/{run}/artifacts"


def listed(wire: Wire, run: str, path: str | None = None) -> list[Json]:
    query = {"run_id": run} | ({"path": path} if path is not None else {})
    files: list[Json] = wire.get("artifacts/list", **query).get("files", [])
    return sorted(files, key=lambda row: row["path"])


def test_put_get_and_list(wire: Wire, run: str, folder: str) -> None:
    wire.ok("PUT", f"{folder}/a/b/one.txt", data=b"one")
    reply = wire.call("GET", f"{folder}/a/b/one.txt")
    assert (reply.status_code, reply.content) == (200, b"one")
    assert listed(wire, run) == [{"path": "a", "is_dir": True}]
    assert listed(wire, run, "a") == [{"path": "a/b", "is_dir": True}]
    assert listed(wire, run, "a/b") == [{"path": "a/b/one.txt", "is_dir": False, "file_size": 3}]
    assert listed(wire, run, "a/b/one.txt") == []
    assert listed(wire, run, "nothing") == []


def test_list_tells_the_root(wire: Wire, run: str) -> None:
    assert wire.get("artifacts/list", run_id=run)["root_uri"] == wire.run(run)["info"]["artifact_uri"]


def test_proxy_list_has_base_names(wire: Wire, experiment: str, run: str, folder: str) -> None:
    wire.ok("PUT", f"{folder}/a/one.txt", data=b"one")
    files = wire.get(ARTIFACTS, path=f"{experiment}/{run}/artifacts/a")["files"]
    assert files == [{"path": "one.txt", "is_dir": False, "file_size": 3}]
    files = wire.get(ARTIFACTS, path=f"{experiment}/{run}/artifacts")["files"]
    assert files == [{"path": "a", "is_dir": True}]


def test_put_replaces(wire: Wire, run: str, folder: str) -> None:
    wire.ok("PUT", f"{folder}/f", data=b"long first content")
    wire.ok("PUT", f"{folder}/f", data=b"short")
    assert wire.call("GET", f"{folder}/f").content == b"short"
    assert listed(wire, run)[0]["file_size"] == 5


def test_empty_file(wire: Wire, run: str, folder: str) -> None:
    wire.ok("PUT", f"{folder}/empty", data=b"")
    reply = wire.call("GET", f"{folder}/empty")
    assert (reply.status_code, reply.content) == (200, b"")
    assert listed(wire, run)[0].get("file_size", 0) == 0


def test_every_byte_survives(wire: Wire, folder: str) -> None:
    content = bytes(range(256)) * 17
    wire.ok("PUT", f"{folder}/bytes.bin", data=content)
    assert wire.call("GET", f"{folder}/bytes.bin").content == content


@pytest.mark.parametrize(
    "file_name", ["a b.txt", "Ωμέγα 🪐.txt", "100%.txt", "a+b&c=d.txt", "it's.txt", "a;b,c.txt", "~x@y.txt"]
)
def test_names_with_special_characters(
    wire: Wire, client: MlflowClient, run: str, folder: str, file_name: str
) -> None:
    wire.ok("PUT", f"{folder}/{quote(file_name)}", data=file_name.encode())
    assert [row["path"] for row in listed(wire, run)] == [file_name]
    assert Path(client.download_artifacts(run, file_name)).read_text() == file_name


def test_chunked_upload(wire: Wire, folder: str) -> None:
    def blocks() -> Iterator[bytes]:
        for index in range(50):
            yield bytes([index]) * 1000

    wire.ok("PUT", f"{folder}/chunked", data=blocks())
    assert wire.call("GET", f"{folder}/chunked").content == b"".join(blocks())


def test_broken_upload_leaves_nothing(wire: Wire, run: str, folder: str) -> None:
    head = f"PUT {folder}/cut HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n"
    wire.send(head.encode() + b"x" * 10, finish=True)
    if wire.server.stock:  # stores what came
        return
    assert listed(wire, run) == []


def test_absent_file_is_a_json_404(wire: Wire, folder: str) -> None:
    reply = wire.call("GET", f"{folder}/nothing")
    assert reply.status_code == 404
    assert reply.json()["error_code"] in ("NOT_FOUND", "RESOURCE_DOES_NOT_EXIST")


def test_folder_is_not_a_file(wire: Wire, folder: str) -> None:
    wire.ok("PUT", f"{folder}/a/one.txt", data=b"one")
    assert wire.call("GET", f"{folder}/a").status_code == 400


def test_headers_of_a_download(wire: Wire, folder: str) -> None:
    wire.ok("PUT", f"{folder}/page.html", data=b"<script>alert(1)</script>")
    headers = wire.call("GET", f"{folder}/page.html").headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"] == "25"


RANGES = [
    ("bytes=0-9", 0, 10),
    ("bytes=10-", 10, 100),
    ("bytes=-5", 95, 100),
    ("bytes=99-99", 99, 100),
    ("bytes=50-1000", 50, 100),
]


@pytest.mark.parametrize(("asked", "first", "end"), RANGES, ids=[asked for asked, _, _ in RANGES])
def test_range(wire: Wire, folder: str, asked: str, first: int, end: int) -> None:
    content = bytes(range(100))
    wire.ok("PUT", f"{folder}/f", data=content)
    reply = wire.call("GET", f"{folder}/f", headers={"Range": asked})
    assert reply.status_code == 206
    assert reply.content == content[first:end]
    assert reply.headers["Content-Range"] == f"bytes {first}-{end - 1}/100"


def test_range_past_the_end_is_416(wire: Wire, folder: str) -> None:
    wire.ok("PUT", f"{folder}/f", data=b"x" * 100)
    assert wire.call("GET", f"{folder}/f", headers={"Range": "bytes=100-"}).status_code == 416


def test_delete_a_file_and_a_folder(wire: Wire, run: str, folder: str) -> None:
    for name in ("keep.txt", "a/one.txt", "a/b/two.txt"):
        wire.ok("PUT", f"{folder}/{name}", data=b"x")
    wire.ok("DELETE", f"{folder}/a/one.txt")
    assert [row["path"] for row in listed(wire, run, "a")] == ["a/b"]
    wire.ok("DELETE", f"{folder}/a")
    assert [row["path"] for row in listed(wire, run)] == ["keep.txt"]
    assert wire.call("GET", f"{folder}/a/b/two.txt").status_code == 404


def test_client_logs_and_downloads_a_tree(client: MlflowClient, run: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    (tree / "top.txt").write_text("top")
    (tree / "deep" / "er" / "leaf.bin").write_bytes(os.urandom(5000))
    client.log_artifacts(run, str(tree), "kept")
    client.log_artifact(run, str(tree / "top.txt"))
    client.log_text(run, "text", "notes/n.txt")
    client.log_dict(run, {"a": [1, 2]}, "notes/d.json")
    assert [row.path for row in client.list_artifacts(run)] == ["kept", "notes", "top.txt"]
    assert [(row.path, row.is_dir) for row in client.list_artifacts(run, "kept/deep")] == [
        ("kept/deep/er", True)
    ]
    down = Path(client.download_artifacts(run, "kept", str(tmp_path)))
    assert (down / "deep/er/leaf.bin").read_bytes() == (tree / "deep/er/leaf.bin").read_bytes()
    whole = Path(mlflow.artifacts.download_artifacts(run_id=run, artifact_path=""))
    assert (whole / "notes/n.txt").read_text() == "text"
    assert mlflow.artifacts.load_dict(f"runs:/{run}/notes/d.json") == {"a": [1, 2]}


def test_client_says_what_is_absent(client: MlflowClient, run: str) -> None:
    with pytest.raises((MlflowException, OSError)):
        client.download_artifacts(run, "nothing")


def test_list_of_an_unknown_run_is_404(wire: Wire) -> None:
    wire.refused("GET", "artifacts/list", 404, "RESOURCE_DOES_NOT_EXIST", params={"run_id": "0" * 32})


def test_ui_download(wire: Wire, run: str, folder: str) -> None:
    wire.ok("PUT", f"{folder}/a/one.txt", data=b"one")
    reply = wire.call("GET", "/get-artifact", params={"run_id": run, "path": "a/one.txt"})
    assert (reply.status_code, reply.content) == (200, b"one")
    assert reply.headers["Content-Disposition"].startswith("attachment")


def resident_mib(pid: int) -> int:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") // MIB


def test_big_file_streams_in_constant_memory(wire: Wire, folder: str) -> None:
    block = os.urandom(MIB)

    def blocks() -> Iterator[bytes]:
        for _ in range(BIG_MIB):
            yield block

    sent = hashlib.sha256()
    for part in blocks():
        sent.update(part)
    pid = wire.server.pid
    before = resident_mib(pid) if pid else 0
    wire.ok("PUT", f"{folder}/big.bin", data=blocks())
    received = hashlib.sha256()
    with wire.call("GET", f"{folder}/big.bin", stream=True) as reply:
        assert reply.headers["Content-Length"] == str(BIG_MIB * MIB)
        for part in reply.iter_content(MIB):
            received.update(part)
    assert received.digest() == sent.digest()
    if pid and not wire.server.sanitized:  # sanitizers hold freed memory back
        assert resident_mib(pid) - before < GROWTH_MIB
    wire.ok("DELETE", f"{folder}/big.bin")
