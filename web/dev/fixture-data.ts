// Invented jobs and runs that move, in memory, so that the pages can be worked on without a server.
import type { Attempt, Curve, Experiment, Job, JobState, Metric, Run, XAxis } from "../src/wire.ts";

const start = Date.now();
const minute = 60_000;
const iso = (time: number) => new Date(time).toISOString().replace("Z", "000Z");

/** A repeatable number in [0, 1) for a text. */
export function noise(text: string): number {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}

export const experiments: Experiment[] = ["flights-delay", "weather-join", "baseline"].map((name, index) => ({
  id: String(index + 1),
  name,
  lifecycle_stage: "ACTIVE",
  created_at: iso(start - 9 * 86_400_000),
  updated_at: iso(start - index * 3_600_000),
  runs: 0,
}));

const systemNames = [
  "system/cpu_utilization_percentage",
  "system/system_memory_usage_megabytes",
  "system/network_receive_megabytes",
  "system/gpu_0_utilization_percentage",
];

const curveNames = [
  "loss",
  "val/auc",
  "val/accuracy",
  "learning_rate",
  "samples_per_second",
  "gradient_norm",
  ...systemNames,
];

export const runs: Run[] = [];
export const jobs: Job[] = [];

function makePair(index: number, state: JobState, given?: string) {
  const hex = Array.from({ length: 32 }, (_, at) =>
    Math.floor(noise(`${index}/${at}`) * 16).toString(16),
  ).join("");
  const age = (index * index * 0.7 + index * 4) * minute;
  const length = (2 + noise(`length${index}`) * 25) * minute;
  const submitted = start - age - (state === "RUNNING" ? 4 * minute : 0);
  const started = submitted + 1800 + noise(`wait${index}`) * 40_000;
  const waiting = state === "QUEUED" || state === "PENDING";
  const ended = state === "RUNNING" || waiting ? undefined : started + length;
  const experiment = experiments[index % 7 === 3 ? 1 : index % 11 === 5 ? 2 : 0] as Experiment;
  experiment.runs++;
  const name =
    given ?? `${["gradient-boost", "logistic", "wide-net", "tabular-transformer"][index % 4]}-${100 + index}`;
  const jobId = `01jd${hex.slice(0, 22)}`;
  const params = {
    learning_rate: ["0.1", "0.03", "0.01"][index % 3] as string,
    max_depth: String(4 + (index % 5)),
    batch_size: "4096",
    epochs: "40",
    split: "by time, last 60 days held out",
  };
  runs.push({
    id: hex,
    name,
    experiment_id: experiment.id,
    experiment_name: experiment.name,
    user: index % 3 ? "ada" : "grace",
    status: waiting
      ? "SCHEDULED"
      : ((
          { SUCCEEDED: "FINISHED", FAILED: "FAILED", CANCELLED: "KILLED", RUNNING: "RUNNING" } as Record<
            string,
            Run["status"]
          >
        )[state] ?? "FINISHED"),
    started_at: iso(started),
    ...(ended && { ended_at: iso(ended) }),
    lifecycle_stage: "ACTIVE",
    artifact_uri: `mlflow-artifacts:/${experiment.id}/${hex}/artifacts`,
    params: waiting ? {} : params,
    tags: waiting ? {} : { dataset: "nycflights13", "git.branch": "main", note: "time ordered split" },
    metrics: [],
    models: ended ? [`m-${hex.split("").reverse().join("")}`] : [],
    ...(index % 9 !== 8 && { job_id: jobId }),
    source_name: "train.py",
    git_commit: "9c0800d2e1f04b7a",
  });
  if (index % 9 === 8) return;
  const reason: Record<JobState, string> = {
    PENDING: "Capturing the code that was submitted.",
    QUEUED: "Needs 2 CPUs; 0.5 of 2 are free on this machine. 1 job is ahead of it.",
    STARTING: "Preparing its environment.",
    RUNNING: "Running on stargazer since its first attempt.",
    SUCCEEDED: "Its command ended with exit code 0.",
    FAILED: "Its command ended with exit code 1: see the end of the log.",
    CANCELLED: "Cancelled by ada.",
  };
  const path: JobState[] = waiting
    ? (["PENDING", "QUEUED"] as JobState[]).slice(0, state === "PENDING" ? 1 : 2)
    : (["PENDING", "QUEUED", "STARTING", "RUNNING", ...(ended ? [state] : [])] as JobState[]);
  const times = [submitted, submitted + 120, started - 900, started, ended ?? started];
  const attempt: Attempt = {
    number: 1,
    state,
    host: "stargazer",
    started_at: iso(started),
    supervisor_pid: 4000 + index,
    ...(ended && { ended_at: iso(ended), exit_code: state === "FAILED" ? 1 : 0, cause: "exited" }),
    ...(ended && { max_rss_bytes: 812_000_000, cpu_seconds: length / 1200 }),
    environment: `blake3:${hex}${hex}`,
    enforcement: "cgroup v2: cpu, memory, pids",
    ...(state === "FAILED" && {
      log_tail:
        'Traceback (most recent call last):\n  File "train.py", line 84\nValueError: Input contains NaN.\n',
    }),
  };
  const lost: Attempt = {
    ...attempt,
    state: "FAILED",
    started_at: iso(started - 6 * minute),
    ended_at: iso(started - minute),
    cause: "out_of_memory",
    signal: 9,
  };
  delete lost.exit_code;
  jobs.push({
    id: jobId,
    name,
    state,
    reason: reason[state],
    spec: {
      name,
      command: ["python", "train.py", "--learning-rate", params.learning_rate, "--depth", params.max_depth],
      nodes: 1,
      gpus: 0,
      cpus: 1 + (index % 2),
      memory_bytes: (1 + (index % 3)) * 2 ** 30,
      environment: { requirements: "scikit-learn==1.9.0\npandas==2.9.1\nmlflow-skinny==3.17.2\n" },
      code: { manifest: `blake3:${hex}${hex}`, entry: "train.py", commit: "9c0800d2e1f04b7a", dirty: true },
      inputs: [{ path: "data/flights.csv", digest: `blake3:${hex}${hex}`, size: 33_000_000 }],
      params,
      seed: 7,
      experiment: experiment.name,
      queue: "default",
      priority: 0,
      env: { OMP_NUM_THREADS: "2" },
    },
    run_id: hex,
    experiment_id: experiment.id,
    submitted_by: index % 3 ? "ada" : "grace",
    submitted_at: iso(submitted),
    ...(!waiting && { started_at: iso(started) }),
    ...(ended && { ended_at: iso(ended) }),
    attempts: waiting ? [] : index % 5 === 2 ? [lost, { ...attempt, number: 2 }] : [attempt],
    transitions: path.map((to, at) => ({
      state: to,
      at: iso(times[at] as number),
      cause:
        (
          {
            PENDING: "submitted by ada",
            QUEUED: "its code is captured",
            STARTING: "placed on stargazer",
            RUNNING: "its process started",
          } as Record<string, string>
        )[to] ?? reason[to],
    })),
  });
}

for (let index = 0; index < 240; index++) {
  const chance = noise(`state${index}`);
  const finished: JobState = chance < 0.1 ? "FAILED" : chance < 0.15 ? "CANCELLED" : "SUCCEEDED";
  makePair(index, index === 0 ? "QUEUED" : index < 3 ? "RUNNING" : finished);
}

/** Puts a new running job at the head of the list. */
export function addJob(name: string): Job {
  makePair(9 * jobs.length, "RUNNING", name);
  const job = jobs.pop() as Job;
  const run = runs.pop() as Run;
  run.started_at = job.submitted_at = iso(Date.now());
  job.started_at = run.started_at;
  jobs.unshift(job);
  runs.unshift(run);
  return job;
}

function steps(run: Run): number {
  if (run.status === "SCHEDULED") return 0;
  if (run.status === "RUNNING") return Math.floor((Date.now() - Date.parse(run.started_at)) / 1500);
  return 200 + Math.floor(noise(run.id) * 3000);
}

function valueAt(run: Run, metric: string, step: number): number {
  const jitter = noise(`${run.id}${metric}${step}`) - 0.5;
  const pace = 1 + noise(run.id + metric) * 2;
  const rise = 1 - Math.exp((-step * pace) / 150);
  switch (metric) {
    case "loss":
      return 0.31 + 0.4 * (1 - rise) + jitter * 0.04;
    case "val/auc":
      return 0.55 + 0.17 * rise + jitter * 0.01;
    case "val/accuracy":
      return 0.62 + 0.18 * rise + jitter * 0.012;
    case "learning_rate":
      return 0.03 * 0.5 ** Math.floor(step / 200);
    case "samples_per_second":
      return 41_000 + 4000 * jitter + 2500 * Math.sin(step / 40);
    case "system/cpu_utilization_percentage":
      return 88 + 14 * jitter;
    case "system/system_memory_usage_megabytes":
      return 812 + 300 * rise + 8 * jitter;
    case "system/network_receive_megabytes":
      return step * 1.7;
    case "system/gpu_0_utilization_percentage":
      return Math.max(0, 94 + 10 * jitter - (step % 50 === 0 ? 60 : 0));
    default:
      return step % 97 === 96 ? Number.NaN : Math.exp(2 - 2 * rise + jitter);
  }
}

/** The run as it stands now, its metrics brought up to date. */
export function currentRun(run: Run): Run {
  const count = steps(run);
  if (count === 0) return run;
  const metrics: Metric[] = curveNames.map((key) => ({
    key,
    value: valueAt(run, key, key === "gradient_norm" ? Math.min(count - 1, 90) : count - 1),
    step: count - 1,
    at: iso(Date.parse(run.started_at) + count * 1500),
    min: key === "loss" ? 0.3 : 0.5,
    max: 0.8,
    first: valueAt(run, key, 0),
    count,
  }));
  const single = { at: run.started_at, step: 0, count: 1 };
  metrics.push({ key: "rows_train", value: 268_421, min: 268_421, max: 268_421, first: 268_421, ...single });
  return { ...run, metrics };
}

export function curve(run: Run, metric: string, axis: XAxis, from: number, to: number, width: number): Curve {
  const origin = Date.parse(run.started_at);
  const position = (step: number) =>
    axis === "step" ? step : axis === "relative" ? step * 1.5 : origin + step * 1500;
  const inside = Array.from({ length: steps(run) }, (_, step) => step).filter(
    (step) => position(step) >= from && position(step) <= to,
  );
  const exact = inside.length <= 4 * width;
  const size = Math.ceil(inside.length / width) || 1;
  const kept = exact
    ? inside
    : Array.from({ length: Math.ceil(inside.length / size) }, (_, bucket) => {
        const part = inside.slice(bucket * size, (bucket + 1) * size);
        const byValue = [...part].sort((a, b) => valueAt(run, metric, a) - valueAt(run, metric, b));
        return [...new Set([part[0], byValue[0], byValue.at(-1), part.at(-1)])] as number[];
      }).flatMap((bucket) => bucket.sort((a, b) => a - b));
  const points = kept.map((step): [number, number | null] => {
    const value = valueAt(run, metric, step);
    return [position(step), Number.isFinite(value) ? value : null];
  });
  const bad = points.filter(([, value]) => value === null);
  return {
    run_id: run.id,
    metric,
    total: inside.length,
    exact,
    points,
    non_finite: bad.map(([x]) => [x, "NaN"]),
  };
}

export function logText(job: Job): string {
  const run = runs.find((one) => one.id === job.run_id) as Run;
  const lines = [
    "tick",
    "Reading data/flights.csv",
    "336776 flights, 12 columns, 2013-01-01 to 2013-12-31",
    `\u001b[1mTraining\u001b[0m on 268421 rows, testing on 68355`,
  ];
  for (let step = 0; step < steps(run); step++) {
    const loss = valueAt(run, "loss", step).toFixed(4);
    const auc = valueAt(run, "val/auc", step).toFixed(4);
    lines.push(
      `epoch ${String(step).padStart(4)}  loss ${loss}  val/auc ${auc}  41,${200 + (step % 700)} rows/s`,
    );
  }
  if (job.state === "FAILED")
    lines.push(
      "Traceback (most recent call last):",
      '  File "train.py", line 84',
      "ValueError: Input contains NaN.",
    );
  return `${lines.join("\n")}\n`;
}
