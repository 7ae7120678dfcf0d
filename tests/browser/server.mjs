// Prepares what the pages are to show, through the same doors that users have: the jobs API and MLflow's wire.

export const base = process.env.ORRERY_URL?.replace(/\/$/, "");
if (!base)
  throw new Error("Set ORRERY_URL to the server that the tests are to drive, such as http://127.0.0.1:7070");

export async function call(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: { "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return JSON.parse(text || "{}");
}

/** Submits a job that runs until it is cancelled. */
export function submitLongJob(name, more = {}) {
  return call("POST", "/api/v1/jobs", {
    name,
    command: ["sh", "-c", "while true; do echo tick; sleep 1; done"],
    cpus: 0.1,
    memory_bytes: 64 * 2 ** 20,
    ...more,
  });
}

async function hasCurveAndFile(run) {
  if (!run.metrics.some(({ count }) => count > 1) || Object.keys(run.params).length === 0) return false;
  const { entries } = await call("GET", `/api/v1/runs/${run.id}/artifacts`);
  return entries.length > 0;
}

/** Finds a run that has a curve, a parameter and an artifact, or logs one. */
export async function someRun() {
  const { runs } = await call("GET", "/api/v1/runs?limit=20");
  for (const run of runs) if (await hasCurveAndFile(run)) return run;
  return logRun();
}

/** A PNG of one pixel. */
export const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** Logs a run with one curve, one parameter and the given artifacts. */
export async function logRun(files = { "report.txt": "fine" }) {
  const mlflow = "/api/2.0/mlflow";
  const start_time = Date.now();
  const created = await call("POST", `${mlflow}/runs/create`, {
    experiment_id: "0",
    run_name: "browser-test",
    start_time,
  });
  const { run_id, artifact_uri } = created.run.info;
  const metrics = Array.from({ length: 200 }, (_, step) => ({
    key: "loss",
    value: 1 / (step + 1),
    timestamp: start_time + step * 1000,
    step,
  }));
  await call("POST", `${mlflow}/runs/log-batch`, { run_id, metrics, params: [{ key: "depth", value: "6" }] });
  const place = artifact_uri.replace(/^mlflow-artifacts:\/+/, "");
  for (const [name, body] of Object.entries(files)) {
    const sent = await fetch(`${base}/api/2.0/mlflow-artifacts/artifacts/${place}/${name}`, {
      method: "PUT",
      body,
    });
    if (!sent.ok) throw new Error(`The artifact was refused with ${sent.status}: ${await sent.text()}`);
  }
  await call("POST", `${mlflow}/runs/update`, { run_id, status: "FINISHED", end_time: start_time + 200_000 });
  return call("GET", `/api/v1/runs/${run_id}`);
}
