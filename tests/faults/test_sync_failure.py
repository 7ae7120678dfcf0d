"""A failed fsync: what was written is unknown, so that the process reports no further success and ends."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import uuid
from pathlib import Path

import pytest
import requests

from tests.faults.harness import UNKNOWN_STATE, Json, Server, UnansweredError
from tests.faults.scenario import Scenario
from tests.faults.stored import check_objects
from tests.server_process import EndedError

WRITERS = 4
CALL_SECONDS = 20
PADDING = "x" * 4900
MOST_SECONDS = 60.0


class Writer(threading.Thread):
    """Writes large batches until one fails; keeps when each began and ended, and how."""

    def __init__(self, server: Server, run_id: str) -> None:
        super().__init__(daemon=True)
        self.url = server.url
        self.run_id = run_id
        self.calls: list[tuple[float, float, bool]] = []
        self.acknowledged: dict[str, str] = {}
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.is_set() and len(self.calls) < 5000:
            tags = [{"key": f"{self.name}.{i}", "value": uuid.uuid4().hex + PADDING} for i in range(50)]
            began = time.monotonic()
            try:
                url = f"{self.url}/api/2.0/mlflow/runs/log-batch"
                body: Json = {"run_id": self.run_id, "tags": tags}
                good = requests.post(url, json=body, timeout=CALL_SECONDS).status_code == 200
            except requests.RequestException:
                good = False
            self.calls.append((began, time.monotonic(), good))
            self.acknowledged = {tag["key"]: tag["value"] for tag in tags} if good else {}
            if not good and len([call for call in self.calls if not call[2]]) > 3:
                return


@pytest.mark.parametrize("site", ["wal.sync", "db.sync"])
@pytest.mark.parametrize("nth", [1, 2])
def test_no_success_is_reported_after_it(server: Server, site: str, nth: int) -> None:
    server.start_faulty()
    experiment = server.mlflow("experiments/create", name="sync")["experiment_id"]
    run_id = server.mlflow("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    writers = [Writer(server, run_id) for _ in range(WRITERS)]
    server.plan(f"{site}@{nth}=eio")
    for writer in writers:
        writer.start()
    assert server.running.wait(MOST_SECONDS) == UNKNOWN_STATE, server.log.read_text()[-3000:]
    for writer in writers:
        writer.ending.set()
        writer.join(CALL_SECONDS)
    calls = [call for writer in writers for call in writer.calls]
    failed = min(ended for _, ended, good in calls if not good)
    late = [call for call in calls if call[2] and call[0] > failed]
    assert not late, "a success that was asked for after the first failure"

    server.start_faulty()
    tags = {tag["key"]: tag["value"] for tag in server.get("runs/get", run_id=run_id)["run"]["data"]["tags"]}
    for writer in writers:
        for key, value in writer.acknowledged.items():
            assert tags[key] == value
    # What is unknown is there as a whole or not at all: the tags of a batch are one batch's.
    for writer in writers:
        assert len([key for key in tags if key.startswith(writer.name + ".")]) in (0, 50)


@pytest.mark.parametrize("site", ["blob.sync", "blob.syncdir"])
def test_a_file_whose_fsync_fails_ends_the_process_too(server: Server, tmp_path: Path, site: str) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    server.start_faulty()
    scenario = Scenario(server, markers)
    server.plan(f"{site}@1=eio")
    with contextlib.suppress(UnansweredError):
        scenario.go_on()
    assert "upload" not in scenario.done
    assert server.running.wait(MOST_SECONDS) == UNKNOWN_STATE, server.log.read_text()[-3000:]
    server.start_faulty()
    scenario.check()
    scenario.go_on()
    scenario.check()
    check_objects(server)


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("site", ["data.sync", "data.syncdir", "wal.sync"])
def test_a_start_that_cannot_be_made_durable_is_none(server: Server, site: str, nth: int) -> None:
    with contextlib.suppress(EndedError):
        server.start_faulty(f"{site}@{nth}=eio")
        assert not server.counts()["hit"], "ready all the same"
        server.kill()
    assert server.running.returncode in (UNKNOWN_STATE, -signal.SIGKILL)
    server.start_faulty()
    server.mlflow("experiments/create", name="after")
