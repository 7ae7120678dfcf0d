"""Requests arrive twice, answers get lost, and requests overtake one another: each has one effect all the same."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.harness import BINARY, Json, Server
from tests.faults.proxy import Proxy

TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
SUBMITTERS = 4
TRACKERS = 3
CALL_SECONDS = 20
SETTLE_SECONDS = 60.0
SHORT_ROUNDS = 1
LONG_ROUNDS = 20


@pytest.fixture
def proxy(server: Server, chance: random.Random) -> Any:
    """In front of a running server."""
    server.start()
    with Proxy(int(server.url.rsplit(":", 1)[1]), chance.randrange(1 << 30)) as one:
        yield one


def test_one_key_has_one_effect(
    server: Server, proxy: Proxy, tmp_path: Path, chance: random.Random, long: bool
) -> None:
    jobs = 100 if long else 10
    clients = [
        Submitter(proxy.url, tmp_path, random.Random(chance.randrange(1 << 30))) for _ in range(SUBMITTERS)
    ]
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        list(pool.map(lambda client: [client.work() for _ in range(jobs)], clients))
    expected = {key: one for client in clients for key, one in client.ids.items()}
    cancelled = {one for client in clients for one in client.cancelled}
    ended = wait_for_all(server, set(expected.values()))
    listed = [job["id"] for job in server.ok("GET", "/api/v1/jobs?limit=1000")["jobs"]]
    assert sorted(listed) == sorted(expected.values()), "one key, one job"
    for key, job_id in expected.items():
        check_one_life(ended[job_id], tmp_path / key, job_id in cancelled)
    check_events(server, len(expected))
    print(f"{dict(proxy.tally)}, {len(expected)} jobs, {len(cancelled)} of them cancelled")
    assert proxy.tally["lost"] and proxy.tally["repeated"]


class Submitter:
    """Submits each job from two threads under one key, until answered, and tries the key for another job."""

    def __init__(self, url: str, folder: Path, chance: random.Random) -> None:
        self.url = url
        self.folder = folder
        self.chance = chance
        self.ids: dict[str, str] = {}
        self.cancelled: set[str] = set()

    def work(self) -> None:
        """One job's life, as its client sees it."""
        key = uuid.UUID(int=self.chance.getrandbits(128)).hex
        script = (
            f"echo start $ORRERY_JOB_ID >> {self.folder / key}; sleep 0.1; echo end >> {self.folder / key}"
        )
        spec = {"name": "one", "command": ["/bin/sh", "-c", script], "cpus": 0.1, "memory_bytes": 1 << 20}
        answers: list[requests.Response] = []
        twin = threading.Thread(target=lambda: answers.append(self.submit(spec, key)))
        twin.start()
        answers.append(self.submit(spec, key))
        twin.join()
        other = self.submit({**spec, "name": "another"}, key)
        again = self.submit(spec, key)
        bodies = [answer.json() for answer in [*answers, again]]
        assert {answer.status_code for answer in answers} == {201}, bodies
        assert len({body["id"] for body in bodies}) == 1, bodies
        assert (other.status_code, other.json()["error"]["code"]) == (409, "aborted"), other.text
        self.ids[key] = bodies[0]["id"]
        if self.chance.random() < 0.3:
            self.cancel(bodies[0]["id"])

    def submit(self, spec: Json, key: str) -> requests.Response:
        return ask(
            lambda: requests.post(
                f"{self.url}/api/v1/jobs", json=spec, headers={"Idempotency-Key": key}, timeout=CALL_SECONDS
            )
        )

    def cancel(self, job_id: str) -> None:
        """Repeated like anything else, a cancel that took effect is never refused."""
        url = f"{self.url}/api/v1/jobs/{job_id}"
        answers = [ask(lambda: requests.post(f"{url}/cancel", timeout=CALL_SECONDS)) for _ in range(2)]
        after = ask(lambda: requests.get(url, timeout=CALL_SECONDS)).json()
        if answers[0].status_code == 200:
            assert answers[1].status_code == 200, answers[1].text
            self.cancelled.add(job_id)
        else:
            assert answers[0].status_code == 409 and after["state"] == "SUCCEEDED", (answers[0].text, after)


def ask(send: Callable[[], requests.Response]) -> requests.Response:
    """Until it is answered."""
    while True:
        try:
            return send()
        except requests.RequestException:
            time.sleep(0.01)


def wait_for_all(server: Server, ids: set[str]) -> dict[str, Json]:
    """These jobs, ended."""
    deadline = time.monotonic() + SETTLE_SECONDS
    ended: dict[str, Json] = {}
    while len(ended) < len(ids):
        assert time.monotonic() < deadline, f"not ended: {sorted(ids - set(ended))[:5]}"
        for job_id in ids - set(ended):
            job = server.ok("GET", f"/api/v1/jobs/{job_id}")
            if job["state"] in TERMINAL:
                ended[job_id] = job
    return ended


def check_one_life(job: Json, marker: Path, cancelled: bool) -> None:
    """It ran once, or was cancelled; it passed each state once."""
    states = [transition["state"] for transition in job["transitions"]]
    assert len(states) == len(set(states)), states
    assert len(job["attempts"]) <= 1, job
    lines = marker.read_text().splitlines() if marker.exists() else []
    started = [line for line in lines if line.startswith("start")]
    assert len(started) <= 1, f"ran {len(started)} times"
    if job["state"] == "SUCCEEDED":
        assert lines == [f"start {job['id']}", "end"], lines
    else:
        assert job["state"] == "CANCELLED" and cancelled, job


def check_events(server: Server, jobs: int) -> None:
    """Each job has exactly one event of its submission and one of its end, and no state twice."""
    with sqlite3.connect(f"file:{server.seen}/orrery.db?mode=ro", uri=True, timeout=30) as database:
        twice = database.execute(
            "SELECT subject, type, count(*) FROM events WHERE subject LIKE 'job:%' GROUP BY 1, 2 HAVING count(*) > 1"
        ).fetchall()
        ends = database.execute(
            "SELECT count(*), count(DISTINCT subject) FROM events "
            "WHERE type IN ('job_succeeded', 'job_failed', 'job_cancelled')"
        ).fetchone()
    assert not twice, twice
    assert ends == (jobs, jobs)


def test_the_command_line_submits_once(
    server: Server, proxy: Proxy, tmp_path: Path, chance: random.Random, long: bool
) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "work.py").write_text("print('worked')\n")
    (folder / "data.txt").write_text(f"{chance.random()}\n")
    count = 40 if long else 8
    for number in range(count):
        command = [str(BINARY), "--server", proxy.url, "--json", "submit", "--detach", "--name", f"n{number}"]
        command += ["--cpus", "0.1", "--memory", "64MiB"]
        done = subprocess.run(
            [*command, "work.py"], cwd=folder, capture_output=True, text=True, timeout=CALL_SECONDS * 3
        )
        assert done.returncode == 0, f"{done.stderr} {dict(proxy.tally)}"
        assert json.loads(done.stdout)["name"] == f"n{number}"
    names = [job["name"] for job in server.ok("GET", "/api/v1/jobs?limit=1000")["jobs"]]
    assert sorted(names) == sorted(f"n{number}" for number in range(count)), "each was submitted once"
    print(dict(proxy.tally))
    assert proxy.tally["lost"]


def test_mlflow_clients_log_each_point_once(
    server: Server, proxy: Proxy, tmp_path: Path, chance: random.Random, long: bool
) -> None:
    trackers = [Tracker(number, tmp_path, chance.randrange(1 << 30)) for number in range(TRACKERS)]
    environment = {
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
        "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "9",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    os.environ.update(environment)
    for _ in range(LONG_ROUNDS if long else SHORT_ROUNDS):
        with ThreadPoolExecutor(TRACKERS) as pool:
            list(pool.map(lambda tracker: tracker.track(proxy.url), trackers))
    for tracker in trackers:
        tracker.check(server)
    stray = strays(server, {run for tracker in trackers for run in tracker.runs})
    print(f"{dict(proxy.tally)}, {stray} runs of repeated creations")
    assert proxy.tally["lost"] and proxy.tally["repeated"]


class Tracker:
    """The MLflow client at work on runs of its own; it repeats by itself what got no answer."""

    STEPS = 25
    BATCHES = 3
    BATCH = 100

    def __init__(self, number: int, folder: Path, seed: int) -> None:
        self.number = number
        self.chance = random.Random(seed)
        self.file = folder / f"weights{number}.bin"
        self.file.write_bytes(self.chance.randbytes(20_000))
        self.runs: list[str] = []

    def track(self, url: str) -> None:
        """One run from its creation to its end."""
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param

        client = MlflowClient(tracking_uri=url)
        run = client.create_run(self._experiment(client)).info.run_id
        self.runs.append(run)
        client.log_param(run, "single", self.number)
        for step in range(self.STEPS):
            client.log_metric(run, "loss", step / 7, timestamp=step, step=step)
        for batch in range(self.BATCHES):
            first = batch * self.BATCH
            points = [Metric("batch", i / 3, i, i) for i in range(first, first + self.BATCH)]
            client.log_batch(run, metrics=points, params=[Param(f"p{batch}", str(batch))])
        client.set_tag(run, "kind", "test")
        client.log_artifact(run, str(self.file), "model")
        client.set_terminated(run)

    def _experiment(self, client: Any) -> str:
        """The one that all share, made by whoever is first."""
        from mlflow.exceptions import MlflowException

        name = "shared"
        while not (found := client.get_experiment_by_name(name)):
            try:
                return str(client.create_experiment(name))
            except MlflowException as error:
                assert error.error_code == "RESOURCE_ALREADY_EXISTS", error
        return str(found.experiment_id)

    def check(self, server: Server) -> None:
        """Each run has what was logged, and nothing twice."""
        for run_id in self.runs:
            run = server.get("runs/get", run_id=run_id)["run"]
            assert run["info"]["status"] == "FINISHED"
            params = {param["key"]: param["value"] for param in run["data"]["params"]}
            assert params == {"single": str(self.number), **{f"p{i}": str(i) for i in range(self.BATCHES)}}
            assert history(server, run_id, "loss") == [(i, i, i / 7) for i in range(self.STEPS)]
            expected = [(i, i, i / 3) for i in range(self.BATCHES * self.BATCH)]
            assert history(server, run_id, "batch") == expected
            root = run["info"]["artifact_uri"].split(":/", 1)[1].strip("/")
            path = f"/api/2.0/mlflow-artifacts/artifacts/{root}/model/{self.file.name}"
            assert server.call("GET", path).content == self.file.read_bytes()


def history(server: Server, run_id: str, key: str) -> list[tuple[int, int, float]]:
    """The points stored for a metric: (step, time, value)."""
    found = server.get("metrics/get-history", run_id=run_id, metric_key=key)["metrics"]
    return sorted((int(point["step"]), int(point["timestamp"]), point["value"]) for point in found)


def strays(server: Server, known: set[str]) -> int:
    """How many runs came of creations that MLflow's client repeated, for its wire has no key: they must be empty."""
    experiment = server.get("experiments/get-by-name", experiment_name="shared")["experiment"]
    page = server.mlflow("runs/search", experiment_ids=[experiment["experiment_id"]], max_results=1000)
    others = [run for run in page["runs"] if run["info"]["run_id"] not in known]
    assert len(others) + len(known) == len(page["runs"])
    for run in others:
        assert not run["data"].get("metrics") and not run["data"].get("params"), run
    return len(others)
