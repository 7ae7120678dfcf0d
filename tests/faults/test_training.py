"""The flights example trains for real, as a job, while the server is killed under it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.harness import BINARY, Json, Server
from tests.faults.jobs import TERMINAL
from tests.faults.test_kills import free_port

EXAMPLE = Path(__file__).parents[2] / "examples" / "flights"
PER_EPOCH = {"loss", "val_auc", "val_accuracy", "learning_rate", "samples_per_second"}
SHORT_EPOCHS, SHORT_KILLS = 5, 3
LONG_EPOCHS, LONG_KILLS = 30, 20
DOWN_SECONDS = 1.5
TRAINING_SECONDS = 180.0
STEP_SECONDS = 0.02


def test_a_training_outlives_the_server(server: Server, chance: random.Random, long: bool) -> None:
    server.port = free_port()
    server.start()
    epochs, kills = (LONG_EPOCHS, LONG_KILLS) if long else (SHORT_EPOCHS, SHORT_KILLS)
    job = submit(server, epochs)
    run = job["run_id"]
    for kill in range(kills):
        wanted = (epochs * kill) // kills + 1
        assert wait(server, job, wanted), f"the training ended before kill {kill}"
        time.sleep(chance.uniform(0, 0.3))
        server.kill()
        time.sleep(chance.uniform(0, DOWN_SECONDS))
        server.start()
    wait(server, job, epochs + 1)
    ended = server.ok("GET", f"/api/v1/jobs/{job['id']}")
    log = server.call("GET", f"/api/v1/jobs/{job['id']}/logs").text
    assert ended["state"] == "SUCCEEDED" and len(ended["attempts"]) == 1, (ended, log[-4000:])
    found = server.get("runs/get", run_id=run)["run"]
    assert found["info"]["status"] == "FINISHED"
    logged = {one["key"] for one in found["data"]["metrics"]}
    assert {key for key in logged if not key.startswith("system/")} == PER_EPOCH
    for key in PER_EPOCH:
        assert history(server, run, key) == list(range(epochs)), key
    [output] = found["outputs"]["model_outputs"]
    model = server.get(f"logged-models/{output['model_id']}")["model"]
    assert model["info"]["status"] in ("READY", "LOGGED_MODEL_READY"), model
    files = server.get(f"logged-models/{output['model_id']}/artifacts/directories")["files"]
    assert {"MLmodel", "model.skops", "model.pkl"} & {Path(file["path"]).name for file in files}, files


def submit(server: Server, epochs: int) -> Json:
    """The job, as the command line submits it."""
    command = [str(BINARY), "--server", server.url, "--json", "submit", "--detach", "--memory", "4GiB", "--"]
    train = [sys.executable, "train.py", "--epochs", str(epochs), "--hidden", "8", "--seed", "3"]
    done = subprocess.run(
        [*command, *train], cwd=EXAMPLE, capture_output=True, text=True, check=True, timeout=60
    )
    job: Json = json.loads(done.stdout)
    return job


def wait(server: Server, job: Json, epochs: int) -> bool:
    """Whether so many epochs were logged before the job ended."""
    deadline = time.monotonic() + TRAINING_SECONDS
    while server.ok("GET", f"/api/v1/jobs/{job['id']}")["state"] not in TERMINAL:
        if len(history(server, job["run_id"], "val_auc")) >= epochs:
            return True
        assert time.monotonic() < deadline, server.call("GET", f"/api/v1/jobs/{job['id']}/logs").text[-4000:]
        time.sleep(STEP_SECONDS)
    return False


def history(server: Server, run: str, key: str) -> list[int]:
    """The steps of a metric, in the order of their logging."""
    found = server.get("metrics/get-history", run_id=run, metric_key=key).get("metrics", [])
    return [int(point["step"]) for point in found]
