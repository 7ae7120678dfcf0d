"""Large files in parts, sent to addresses on this server; MLflow's own server refuses them on local storage."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import requests
from mlflow import MlflowClient

from tests.conformance.mlflow.wire import Json, Wire

MPU = "/api/2.0/mlflow-artifacts/mpu"
MIB = 1 << 20

pytestmark = pytest.mark.differs("501 on local storage")


@pytest.fixture
def folder(experiment: str, run: str) -> str:
    return f"{experiment}/{run}/artifacts"


def begin(wire: Wire, folder: str, parts: int, path: str = "/home/me/weights.bin") -> Json:
    return wire.ok("POST", f"{MPU}/create/{folder}", json={"path": path, "num_parts": parts})


def put(credential: Json, data: bytes) -> Json:
    """Sends one part as the client does: without credentials of its own."""
    answer = requests.put(credential["url"], data=data, headers=credential["headers"], timeout=60)
    assert answer.status_code == 200, answer.text
    return {
        "part_number": credential["part_number"],
        "etag": answer.headers["ETag"],
        "url": credential["url"],
    }


def complete(wire: Wire, folder: str, begun: Json, parts: list[Json]) -> requests.Response:
    body = {"path": "/home/me/weights.bin", "upload_id": begun["upload_id"], "parts": parts}
    return wire.call("POST", f"{MPU}/complete/{folder}", json=body)


def test_the_client_sends_a_large_file_in_parts(
    client: MlflowClient, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(8 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    file = tmp_path / "weights.bin"
    file.write_bytes(os.urandom(12 * MIB + 7))
    client.log_artifact(run, str(file), "model")
    back = client.download_artifacts(run, "model/weights.bin", str(tmp_path / "back"))
    assert Path(back).read_bytes() == file.read_bytes()


def test_a_file_is_there_only_when_all_of_it_is(wire: Wire, folder: str) -> None:
    begun = begin(wire, folder, 2)
    file = f"/api/2.0/mlflow-artifacts/artifacts/{folder}/weights.bin"
    second = put(begun["credentials"][1], b"second")
    assert complete(wire, folder, begun, [second]).status_code == 400
    assert wire.call("GET", file).status_code == 404
    put(begun["credentials"][0], b"wrong")
    first = put(begun["credentials"][0], b"first, ")
    assert complete(wire, folder, begun, [{**first, "etag": '"00"'}, second]).status_code == 400
    assert wire.call("GET", file).status_code == 404
    assert complete(wire, folder, begun, [second, first]).status_code == 200
    assert wire.call("GET", file).content == b"first, second"
    assert complete(wire, folder, begun, [second, first]).status_code == 404


def test_a_part_that_breaks_off_is_no_part(wire: Wire, folder: str) -> None:
    begun = begin(wire, folder, 1)
    target = "/" + begun["credentials"][0]["url"].split("/", 3)[3]
    head = f"PUT {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    wire.send(head.encode() + b"x" * 10, finish=True)
    part = {"part_number": 1, "etag": "x", "url": ""}
    assert complete(wire, folder, begun, [part]).status_code == 400


def test_an_aborted_upload_is_gone(wire: Wire, folder: str) -> None:
    begun = begin(wire, folder, 1)
    part = put(begun["credentials"][0], b"x")
    body = {"path": "/home/me/weights.bin", "upload_id": begun["upload_id"]}
    for _ in range(2):
        assert wire.call("POST", f"{MPU}/abort/{folder}", json=body).status_code == 200
    assert complete(wire, folder, begun, [part]).status_code == 404
    assert requests.put(begun["credentials"][0]["url"], data=b"x", timeout=60).status_code == 404


@pytest.mark.parametrize("step", ["create", "complete", "abort"])
@pytest.mark.parametrize(
    "path", ["../x", "a/../x", "%2e%2e/x", "%252e%252e/x", "//etc/x", "a\\..\\x", "a#b", "", "/"]
)
def test_paths_that_lead_elsewhere_are_refused(wire: Wire, folder: str, step: str, path: str) -> None:
    body = {"path": path, "num_parts": 1, "upload_id": "0" * 32, "parts": []}
    wire.refused("POST", f"{MPU}/{step}/{folder}", 400, "INVALID_PARAMETER_VALUE", json=body)


@pytest.mark.parametrize("step", ["create", "complete", "abort"])
def test_folders_that_are_nobodys_are_refused(wire: Wire, folder: str, step: str) -> None:
    body = {"path": "x", "num_parts": 1, "upload_id": "0" * 32, "parts": []}
    wire.refused("POST", f"{MPU}/{step}/0/none/artifacts", 404, "RESOURCE_DOES_NOT_EXIST", json=body)
    for raw in ("..%2f..%2fetc", "%2e%2e/etc", "x/./y", "%252e%252e/etc"):
        assert wire.raw(
            "POST", f"{MPU}/{step}/{raw}", {"Content-Type": "application/json"}, b'{"path":"x"}'
        ).status in (400, 404)


def test_one_upload_cannot_become_another_file(wire: Wire, experiment: str, folder: str) -> None:
    other = f"{experiment}/{wire.create_run(experiment)}/artifacts"
    begun = begin(wire, folder, 1)
    part = put(begun["credentials"][0], b"x")
    assert complete(wire, other, begun, [part]).status_code == 400


@pytest.mark.parametrize("parts", [0, -1, 10_001, 2**70])
def test_numbers_of_parts_are_checked(wire: Wire, folder: str, parts: int) -> None:
    wire.refused(
        "POST",
        f"{MPU}/create/{folder}",
        400,
        "INVALID_PARAMETER_VALUE",
        json={"path": "f", "num_parts": parts},
    )


def test_unknown_parts_are_refused(wire: Wire, folder: str) -> None:
    begun = begin(wire, folder, 1)
    url = begun["credentials"][0]["url"].rsplit("/", 1)[0]
    for number in ("0", "2", "-1", "x", "1e0"):
        assert requests.put(f"{url}/{number}", data=b"x", timeout=60).status_code == 400, number
