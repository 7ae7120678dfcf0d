"""One life of a model over MLflow's wire, step by step: interrupted anywhere, gone on with, and compared.

Every step can be repeated: with what it was given before it finds its own effect, or makes it. MLflow's creates carry no
key, so a client that was interrupted looks first, as a careful one does.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.harness import Json, Server, UnansweredError

BATCH = 40
SINGLES = 10
FILE_PARTS = 4000
JOB_SECONDS = 20.0
FAULTY_JOB_SECONDS = 0.5
TERMINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}


class Scenario:
    """Experiment, run, 50 metrics, artifact, registered version, alias, job. `done` are the steps acknowledged so far."""

    def __init__(self, server: Server, markers: Path) -> None:
        self.server = server
        self.name = "s" + uuid.uuid4().hex[:12]
        self.marker = markers / self.name
        self.file = self.name.encode() * FILE_PARTS
        self.repeating = False
        self.done: list[str] = []
        self.experiment = self.run_id = self.artifacts = self.version = self.job = ""

    def steps(self) -> list[Callable[[], None]]:
        """In order."""
        return [
            self.create_experiment,
            self.create_run,
            self.log_batch,
            self.log_singles,
            self.upload,
            self.register,
            self.create_version,
            self.move_alias,
            self.submit,
        ]

    def go_on(self) -> None:
        """Does the steps that were not acknowledged. Raises UnansweredError; the next call starts at that step again."""
        for step in self.steps():
            if step.__name__ not in self.done:
                try:
                    step()
                except UnansweredError:
                    self.repeating = True
                    raise
                self.done.append(step.__name__)
                self.repeating = False

    def create_experiment(self) -> None:
        reply = self.server.call("POST", "/api/2.0/mlflow/experiments/create", json={"name": self.name})
        if reply.status_code == 400 and self.repeating:
            found = self.server.get("experiments/get-by-name", experiment_name=self.name)
            self.experiment = found["experiment"]["experiment_id"]
            return
        assert reply.status_code == 200, reply.text
        self.experiment = reply.json()["experiment_id"]

    def create_run(self) -> None:
        tags = [{"key": "scenario", "value": self.name}, {"key": "second", "value": "x" * 3000}]
        if self.repeating:
            found = self.server.mlflow("runs/search", experiment_ids=[self.experiment], max_results=10)
            runs = found.get("runs", [])
            assert all(len(own_tags(run)) == len(tags) for run in runs), "a run without its tags"
            if runs:
                self._take(runs[0])
                return
        self._take(self.server.mlflow("runs/create", experiment_id=self.experiment, tags=tags)["run"])

    def _take(self, run: Json) -> None:
        self.run_id = run["info"]["run_id"]
        self.artifacts = run["info"]["artifact_uri"].split(":/", 1)[1].strip("/")

    def log_batch(self) -> None:
        if self.repeating:
            assert len(self.points("batch")) in (0, BATCH), "half a batch"
        points = [{"key": "batch", "value": i / 3, "timestamp": i, "step": i} for i in range(BATCH)]
        self.server.mlflow("runs/log-batch", run_id=self.run_id, metrics=points)

    def log_singles(self) -> None:
        for i in range(SINGLES):
            point = {"key": "single", "value": i / 7, "timestamp": i, "step": i}
            self.server.mlflow("runs/log-metric", run_id=self.run_id, **point)

    def upload(self) -> None:
        if self.repeating:
            stored = self.server.call("GET", self.file_path())
            assert stored.status_code == 404 or stored.content == self.file, "half a file"
        self.server.ok("PUT", self.file_path(), data=self.file)

    def file_path(self) -> str:
        return f"/api/2.0/mlflow-artifacts/artifacts/{self.artifacts}/model/weights.bin"

    def register(self) -> None:
        reply = self.server.call("POST", "/api/2.0/mlflow/registered-models/create", json={"name": self.name})
        assert reply.status_code == 200 or (reply.status_code == 400 and self.repeating), reply.text

    def create_version(self) -> None:
        if self.repeating and (versions := self.versions()):
            self.version = versions[0]["version"]
            return
        source = f"runs:/{self.run_id}/model"
        created = self.server.mlflow(
            "model-versions/create", name=self.name, source=source, run_id=self.run_id
        )
        self.version = created["model_version"]["version"]

    def versions(self) -> list[Json]:
        found: list[Json] = self.server.get("model-versions/search", filter=f"name='{self.name}'").get(
            "model_versions", []
        )
        return found

    def move_alias(self) -> None:
        self.server.mlflow("registered-models/alias", name=self.name, alias="best", version=self.version)

    def submit(self) -> None:
        spec = {
            "name": self.name,
            "command": ["/bin/sh", "-c", f"echo ran >> {self.marker}; exit 3"],
            "cpus": 0.01,
            "memory_bytes": 1 << 20,
        }
        job = self.server.ok("POST", "/api/v1/jobs", json=spec, headers={"Idempotency-Key": self.name})
        self.job = job["id"]

    def points(self, key: str) -> list[tuple[int, float]]:
        history = self.server.get("metrics/get-history", run_id=self.run_id, metric_key=key)
        return [(int(point["step"]), point["value"]) for point in history.get("metrics", [])]

    def check(self) -> None:
        """Every acknowledged step has its effect, whole and once; no other step has half of one."""
        checks: dict[str, Callable[[], Any]] = {
            "create_experiment": self.check_experiment,
            "create_run": self.check_run,
            "log_batch": lambda: self.check_points("batch", [(i, i / 3) for i in range(BATCH)]),
            "log_singles": lambda: self.check_points("single", [(i, i / 7) for i in range(SINGLES)]),
            "upload": self.check_file,
            "create_version": self.check_version,
            "move_alias": self.check_alias,
            "submit": self.check_job,
        }
        for name in self.done:
            if name in checks:
                checks[name]()

    def check_experiment(self) -> None:
        found = self.server.get("experiments/get-by-name", experiment_name=self.name)["experiment"]
        assert found["experiment_id"] == self.experiment

    def check_run(self) -> None:
        run = self.server.get("runs/get", run_id=self.run_id)["run"]
        assert own_tags(run) == {"scenario": self.name, "second": "x" * 3000}
        found = self.server.mlflow("runs/search", experiment_ids=[self.experiment], max_results=10)["runs"]
        assert [one["info"]["run_id"] for one in found] == [self.run_id], "one effect"

    def check_points(self, key: str, expected: list[tuple[int, float]]) -> None:
        assert sorted(self.points(key)) == expected

    def check_file(self) -> None:
        assert self.server.call("GET", self.file_path()).content == self.file

    def check_version(self) -> None:
        assert [version["version"] for version in self.versions()] == [self.version], "one effect"

    def check_alias(self) -> None:
        found = self.server.get("registered-models/alias", name=self.name, alias="best")["model_version"]
        assert (found["version"], found["source"]) == (self.version, f"runs:/{self.run_id}/model")
        self.check_file()

    def wait_for_job(self, seconds: float = JOB_SECONDS) -> Json:
        """The job, ended or after this time."""
        deadline = time.monotonic() + seconds
        job = self.server.ok("GET", f"/api/v1/jobs/{self.job}")
        while job["state"] not in TERMINAL and time.monotonic() < deadline:
            time.sleep(0.01)
            job = self.server.ok("GET", f"/api/v1/jobs/{self.job}")
        return job

    def check_job(self) -> None:
        """A job ends, and ran at most once; the outcome of one that ran is its own."""
        job = self.wait_for_job()
        ran = self.marker.read_text().count("ran") if self.marker.exists() else 0
        assert job["state"] == "FAILED", job
        assert ran <= 1, f"ran {ran} times"
        if ran:
            assert job["attempts"][-1].get("exit_code") == 3, job


def sites_of_one(server: Server, markers: Path) -> dict[str, int]:
    """How often the scenario calls each site on a server that has done it before."""
    first = Scenario(server, markers)
    first.go_on()
    first.check()
    server.plan("")
    second = Scenario(server, markers)
    second.go_on()
    second.check()
    sites: dict[str, int] = server.counts()["sites"]
    return sites


def own_tags(run: Json) -> dict[str, str]:
    """The tags of a run that are not MLflow's."""
    tags = {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}
    return {key: value for key, value in tags.items() if not key.startswith("mlflow.")}
