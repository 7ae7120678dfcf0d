"""Clients that log as fast as they can and remember what was acknowledged, through servers that die under them."""

from __future__ import annotations

import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.faults.harness import Json, Server
from tests.faults.jobs import TERMINAL

CALL_SECONDS = 20
PAUSE_SECONDS = 0.01


@dataclass
class Acknowledged:
    """What one run was told is stored."""

    run_id: str
    artifacts: str
    metrics: dict[str, dict[int, float]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


class Client(threading.Thread):
    """Writes one thing after the other, a new run now and then. What got no answer is forgotten: it is unknown."""

    def __init__(self, url: str, experiment: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.base = url
        self.experiment = experiment
        self.chance = random.Random(seed)
        self.session = requests.Session()
        self.session.trust_env = False
        self.ending = threading.Event()
        self.going = threading.Event()
        self.going.set()
        self.lock = threading.Lock()
        self.runs: list[Acknowledged] = []
        self.acknowledged = 0
        self.step = 0

    def run(self) -> None:
        while not self.ending.is_set():
            self.going.wait()
            try:
                self.write_one()
            except requests.RequestException:
                time.sleep(PAUSE_SECONDS)

    def take(self) -> list[Acknowledged]:
        """What was acknowledged since the last call; the client goes on with a new run."""
        with self.lock:
            runs, self.runs = self.runs, []
            return runs

    def post(self, path: str, **body: Any) -> Json:
        reply = self.session.post(f"{self.base}/api/2.0/mlflow/{path}", json=body, timeout=CALL_SECONDS)
        if reply.status_code >= 500:
            raise requests.ConnectionError(reply.text)
        assert reply.status_code == 200, reply.text
        answer: Json = reply.json()
        return answer

    def write_one(self) -> None:
        with self.lock:
            run = self.runs[-1] if self.runs else None
        if run is None or self.chance.random() < 0.02:
            info = self.post("runs/create", experiment_id=self.experiment, start_time=1)["run"]["info"]
            run = Acknowledged(info["run_id"], info["artifact_uri"].split(":/", 1)[1].strip("/"))
            with self.lock:
                self.runs.append(run)
        self.step += 1
        action = self.chance.choice([self.metric, self.metric, self.batch, self.tag, self.file])
        action(run, self.step)

    def metric(self, run: Acknowledged, step: int) -> None:
        self.post(
            "runs/log-metric", run_id=run.run_id, key="single", value=step / 2, timestamp=step, step=step
        )
        self.note(run.metrics.setdefault("single", {}), step, step / 2)

    def batch(self, run: Acknowledged, step: int) -> None:
        steps = range(step * 1000, step * 1000 + 20)
        points = [{"key": "batch", "value": float(s), "timestamp": s, "step": s} for s in steps]
        self.post("runs/log-batch", run_id=run.run_id, metrics=points)
        for s in steps:
            self.note(run.metrics.setdefault("batch", {}), s, float(s))

    def tag(self, run: Acknowledged, step: int) -> None:
        key = f"tag{step % 7}"
        run.tags.pop(key, None)  # unknown until it is acknowledged
        self.post("runs/set-tag", run_id=run.run_id, key=key, value=str(step))
        self.note(run.tags, key, str(step))

    def file(self, run: Acknowledged, step: int) -> None:
        path, body = f"folder/{step}.bin", self.chance.randbytes(3000)
        url = f"{self.base}/api/2.0/mlflow-artifacts/artifacts/{run.artifacts}/{path}"
        reply = self.session.put(url, data=body, timeout=CALL_SECONDS)
        if reply.status_code >= 500:
            raise requests.ConnectionError(reply.text)
        assert reply.status_code == 200, reply.text
        self.note(run.files, path, body)

    def note(self, into: dict[Any, Any], key: Any, value: Any) -> None:
        with self.lock:
            into[key] = value
            self.acknowledged += 1


def missing(server: Server, run: Acknowledged) -> list[str]:
    """What the server does not have of what it acknowledged, or has twice."""
    wrong = []
    data = server.get("runs/get", run_id=run.run_id)["run"]["data"]
    tags = {tag["key"]: tag["value"] for tag in data.get("tags", [])}
    # A later write of the same tag may be stored without having been acknowledged.
    wrong += [f"tag {key}={value}" for key, value in run.tags.items() if int(tags.get(key, "0")) < int(value)]
    for key, points in run.metrics.items():
        stored = [
            (int(point["step"]), point["value"])
            for point in server.get("metrics/get-history", run_id=run.run_id, metric_key=key).get(
                "metrics", []
            )
        ]
        wrong += [f"metric {key} at {point}" for point in set(points.items()) - set(stored)]
        wrong += [f"metric {key} twice"] * (len(stored) != len(set(stored)))
    for path, body in run.files.items():
        reply = server.call("GET", f"/api/2.0/mlflow-artifacts/artifacts/{run.artifacts}/{path}")
        wrong += [f"file {path}: {reply.status_code}"] * (reply.content != body)
    return [f"run {run.run_id}: {one}" for one in wrong]


class Submitter(threading.Thread):
    """Submits short jobs, each under a key of its own until it is acknowledged; each leaves a line where it ran."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(daemon=True)
        self.base = url
        self.folder = folder
        self.ending = threading.Event()
        self.jobs: dict[
            str, tuple[str, int]
        ] = {}  # by its marker: id and the exit code that it has to end with

    def run(self) -> None:
        while not self.ending.wait(0.15):
            self.submit(uuid.uuid4().hex, len(self.jobs) % 3)

    def submit(self, marker: str, exit_code: int) -> None:
        script = f"echo ran >> {self.folder}/{marker}; sleep 0.3; exit {exit_code}"
        spec: dict[str, Any] = {
            "name": "short",
            "command": ["/bin/sh", "-c", script],
            "cpus": 0.01,
            "memory_bytes": 1 << 20,
        }
        while not self.ending.is_set():
            try:
                reply = requests.post(
                    f"{self.base}/api/v1/jobs",
                    json=spec,
                    headers={"Idempotency-Key": marker},
                    timeout=CALL_SECONDS,
                )
            except requests.RequestException:
                time.sleep(PAUSE_SECONDS)
                continue
            if reply.status_code < 500:
                assert reply.status_code in (200, 201), reply.text
                self.jobs[marker] = (reply.json()["id"], exit_code)
                return

    def wrong(self, server: Server, within: float) -> list[str]:
        """Waits for the jobs to end; which outcome is lost, or which job did not run exactly once."""
        deadline = time.monotonic() + within
        wrong = []
        for marker, (job_id, exit_code) in self.jobs.items():
            job = server.ok("GET", f"/api/v1/jobs/{job_id}")
            while job["state"] not in TERMINAL and time.monotonic() < deadline:
                time.sleep(0.05)
                job = server.ok("GET", f"/api/v1/jobs/{job_id}")
            path = self.folder / marker
            ran = len(path.read_text().splitlines()) if path.exists() else 0
            ended = job["attempts"][-1].get("exit_code") if job["attempts"] else None
            expected = "FAILED" if exit_code else "SUCCEEDED"
            if ran != 1 or ended != exit_code or job["state"] != expected:
                wrong.append(
                    f"job {job_id} ran {ran} times, ended {job['state']} with {ended}, expected {exit_code}: "
                    f"{job['reason']}"
                )
        unknown = {path.name for path in self.folder.iterdir()} - set(self.jobs)
        wrong += [f"{name} ran {n} times" for name in unknown if (n := lines(self.folder / name)) != 1]
        return wrong


def lines(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text().splitlines())
