"""Path traversal: no request may read, write or remove anything outside a run's artifacts."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conformance.mlflow.wire import ARTIFACTS, Wire

AJAX_ARTIFACTS = ARTIFACTS.replace("/api/", "/ajax-api/")
CLIENT_ERRORS = range(400, 500)

# Request targets below the artifacts, sent as they are.
TRAVERSALS = [
    "../../../../etc/passwd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%252e%252e%252f%252e%252e%252fetc/passwd",
    "%25252e%25252e%25252fetc/passwd",
    "%2Fetc%2Fpasswd",
    "//etc/passwd",
    "x/..%2f..%2f..%2fetc/passwd",
    "x/./../../etc/passwd",
    "file:///etc/passwd",
    "file:%2f%2f%2fetc/passwd",
    "C:%5cWindows%5cwin.ini",
    "x%23/../../etc/passwd",
    "a%00b",
    "%c0%ae%c0%ae/etc/passwd",
    "..;/..;/etc/passwd",
    "..%5c..%5cetc%5cpasswd",
]
NAMES = [unquote(path) for path in TRAVERSALS if "%c0" not in path]


@pytest.fixture
def kept(wire: Wire, experiment: str, run: str) -> str:
    """The proxy's path of a file that every test must leave alone."""
    path = f"{ARTIFACTS}/{experiment}/{run}/artifacts/kept.txt"
    wire.ok("PUT", path, data=b"kept")
    return path


@pytest.mark.parametrize("root", [ARTIFACTS, AJAX_ARTIFACTS], ids=["api", "ajax"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", TRAVERSALS)
def test_traversal_in_the_target(wire: Wire, kept: str, root: str, method: str, path: str) -> None:
    reply = wire.raw(method, f"{root}/{path}", body=b"pwned" if method == "PUT" else b"")
    if not wire.server.stock:  # stock stores, reads and removes odd names below its root
        assert reply.status in CLIENT_ERRORS, reply
    assert b"root:" not in reply.body
    assert wire.call("GET", kept).content == b"kept"


@pytest.mark.parametrize("path", NAMES, ids=repr)
def test_traversal_in_a_query(wire: Wire, experiment: str, run: str, kept: str, path: str) -> None:
    for target, query in (
        (ARTIFACTS, {"path": path}),
        ("artifacts/list", {"run_id": run, "path": path}),
        ("/get-artifact", {"run_id": run, "path": path}),
    ):
        reply = wire.call("GET", target, params=query)
        if wire.server.stock and reply.status_code == 200:  # lists legal names that are absent as empty
            assert reply.json().get("files", []) == []
            continue
        assert reply.status_code in CLIENT_ERRORS, f"{target}: {reply.status_code} {reply.text[:200]}"
        assert "root:" not in reply.text


@pytest.mark.differs("answers 500 and has by then removed every artifact of the server")
@pytest.mark.parametrize("path", [".", "%2e", "./", "x/..", "/", "", "..", "%2e%2e", "x/%2e%2e"])
def test_delete_of_the_root_removes_nothing(wire: Wire, kept: str, path: str) -> None:
    assert wire.raw("DELETE", f"{ARTIFACTS}/{path}").status in CLIENT_ERRORS
    assert wire.call("GET", kept).content == b"kept"


@pytest.mark.differs("stores a file with backslashes in its name")
def test_backslashes_are_refused(wire: Wire, experiment: str, run: str) -> None:
    reply = wire.raw("PUT", f"{ARTIFACTS}/{experiment}/{run}/artifacts/x%5c..%5c..%5cpwn", body=b"x")
    assert reply.status == 400


@pytest.mark.differs("follows the traversal inside its root")
def test_one_run_does_not_reach_another_through_dots(
    wire: Wire, experiment: str, run: str, kept: str
) -> None:
    other = wire.create_run(experiment)
    for middle in ("..", "%2e%2e", "..%2f.."):
        target = f"{ARTIFACTS}/{experiment}/{other}/artifacts/{middle}/{middle}/{run}/artifacts/kept.txt"
        assert wire.raw("GET", target).status in CLIENT_ERRORS


def test_links_that_lead_out_are_not_followed(wire: Wire, experiment: str, run: str, kept: str) -> None:
    if not wire.server.data:
        pytest.skip("needs the server's own folder")
    file = next(Path(wire.server.data).rglob("kept.txt"), None)
    if file is None:
        pytest.skip("artifacts are not kept under their names")
    (file.parent / "link").symlink_to("/etc/passwd")
    (file.parent / "folder").symlink_to("/etc")
    folder = kept.removesuffix("/kept.txt")
    for path in ("link", "folder/passwd"):
        assert wire.call("GET", f"{folder}/{path}").status_code in (400, 404)
        assert wire.call("PUT", f"{folder}/{path}", data=b"x").status_code in CLIENT_ERRORS


LOCATIONS = [
    "file:///etc",
    "/etc",
    "../../etc",
    "file:///etc/../tmp",
    "mlflow-artifacts:/../../etc",
    "s3://b/../../x",
    "javascript:alert(1)",
    "dbfs:/x",
]
LOCATIONS_EVERYWHERE_REFUSED = [
    "http:///#/../../../../etc/",
    "file:///etc#frag",
    "http://x/a?/../../etc",
    "mlflow-artifacts://host/%2e%2e/etc",
    "http://169.254.169.254/latest",
    "ftp://host/x",
    "sftp://host/x",
]


@pytest.mark.differs("accepts any place")
@pytest.mark.parametrize("location", LOCATIONS)
def test_artifact_location_outside_the_root(wire: Wire, name: str, location: str) -> None:
    wire.invalid("experiments/create", name=name, artifact_location=location)


@pytest.mark.parametrize("location", LOCATIONS_EVERYWHERE_REFUSED)
def test_artifact_location(wire: Wire, name: str, location: str) -> None:
    wire.invalid("experiments/create", name=name, artifact_location=location)


SOURCES = [
    "file:///etc",
    "FILE:///etc",
    "file://localhost/etc",
    "/etc",
    "//proc/self/root",
    "../../etc",
    "file:///etc/#",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts:/0/{run}/artifacts/..%2f..%2fetc",
    "http://h/api/2.0/mlflow-artifacts/artifacts/%2e%2e/x",
    "s3://b/a/../../x",
    "runs:/{run}/../../x",
    "runs:/{other}/x",
    "http://169.254.169.254/latest",
]


@pytest.mark.parametrize("prompt", [False, True], ids=["model", "prompt"])
@pytest.mark.parametrize("source", SOURCES)
def test_version_source(wire: Wire, experiment: str, name: str, run: str, source: str, prompt: bool) -> None:
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}] if prompt else []
    wire.post("registered-models/create", name=name, tags=tags)
    other = wire.create_run(experiment)
    body = {"name": name, "run_id": run, "source": source.format(run=run, other=other), "tags": tags}
    reply = wire.call("POST", "model-versions/create", json=body)
    assert reply.status_code in (400, 404), reply.text[:300]
    query = {"name": name, "version": "1"}
    wire.refused("GET", "model-versions/get", 404, "RESOURCE_DOES_NOT_EXIST", params=query)


def test_version_of_an_unknown_logged_model(wire: Wire, name: str) -> None:
    wire.post("registered-models/create", name=name)
    reply = wire.call("POST", "model-versions/create", json={"name": name, "source": "models:/m-" + "0" * 32})
    assert reply.status_code in (400, 404)
