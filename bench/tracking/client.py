"""The few tracking calls that are measured, over one kept connection."""

from __future__ import annotations

import time
import uuid
from typing import Any

import requests

API = "/api/2.0/mlflow"
TIMEOUT_SECONDS = 600

Json = dict[str, Any]


class Client:
    """Speaks to one server; not to be shared between processes."""

    def __init__(self, url: str) -> None:
        self.url = url + API
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request that must succeed."""
        reply = self.session.request(method, self.url + path, timeout=TIMEOUT_SECONDS, **options)
        if reply.status_code != 200:
            raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text[:300]}")
        return reply

    def post(self, path: str, **body: Any) -> Json:
        """POSTs a JSON body."""
        answer: Json = self.call("POST", path, json=body).json()
        return answer

    def new_experiment(self) -> str:
        """The id of a fresh experiment."""
        experiment: str = self.post("/experiments/create", name=f"bench-{uuid.uuid4().hex[:12]}")[
            "experiment_id"
        ]
        return experiment

    def new_run(self, experiment: str, start: int | None = None) -> str:
        """The id of a fresh run, created as MLflow's client creates it."""
        tags = [{"key": "mlflow.user", "value": "bench"}, {"key": "mlflow.source.name", "value": "bench.py"}]
        body = {
            "experiment_id": experiment,
            "user_id": "bench",
            "run_name": f"r{uuid.uuid4().hex[:8]}",
            "tags": tags,
        }
        created = self.post("/runs/create", start_time=start or now(), **body)
        run: str = created["run"]["info"]["run_id"]
        return run


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)
