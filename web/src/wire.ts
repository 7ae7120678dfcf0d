// The shapes that /api/v1 answers with. Instants are RFC 3339 strings in UTC; what is absent is left out.

export type JobState = "PENDING" | "QUEUED" | "STARTING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

export interface CodeReference {
  manifest: string;
  entry?: string;
  commit?: string;
  difference?: string;
  dirty?: boolean;
}

export interface InputFile {
  path: string;
  digest?: string;
  size?: number;
}

/** Exactly one of them is given. */
export interface Environment {
  requirements?: string;
  lock?: string;
}

export interface JobSpec {
  name: string;
  command: string[];
  framework?: string;
  nodes: number;
  gpus: number;
  gpu_type?: string;
  cpus: number;
  memory_bytes: number;
  environment?: Environment;
  code?: CodeReference;
  inputs: InputFile[];
  params: Record<string, string>;
  seed?: number;
  experiment?: string;
  run_name?: string;
  queue: string;
  priority: number;
  timeout_seconds?: number;
  env: Record<string, string>;
}

export interface Transition {
  state: JobState;
  at: string;
  cause: string;
}

export interface Attempt {
  number: number;
  state: JobState;
  started_at?: string;
  ended_at?: string;
  exit_code?: number;
  signal?: number;
  cause?: string;
  host: string;
  supervisor_pid?: number;
  /** Digest of what installs exactly what the command found. */
  environment?: string;
  /** Which limits held it, in words. */
  enforcement?: string;
  max_rss_bytes?: number;
  cpu_seconds?: number;
  log_tail?: string;
}

export interface Job {
  id: string;
  name: string;
  state: JobState;
  reason: string;
  spec: JobSpec;
  run_id: string;
  experiment_id: string;
  submitted_by: string;
  submitted_at: string;
  started_at?: string;
  ended_at?: string;
  attempts: Attempt[];
  transitions: Transition[];
}

export interface JobPage {
  jobs: Job[];
  next_page_token?: string;
}

export interface Experiment {
  id: string;
  name: string;
  lifecycle_stage: string;
  created_at: string;
  updated_at: string;
  runs: number;
}

/** A number as JSON carries it: what is not finite arrives as null or as its name. */
export type WireNumber = number | string | null;

export interface Metric {
  key: string;
  value: WireNumber;
  step: number;
  at: string;
  min: WireNumber;
  max: WireNumber;
  first: WireNumber;
  count: number;
}

export interface Run {
  id: string;
  name: string;
  experiment_id: string;
  experiment_name: string;
  user: string;
  status: RunStatus;
  started_at: string;
  ended_at?: string;
  lifecycle_stage: string;
  artifact_uri: string;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Metric[];
  job_id?: string;
  source_name?: string;
  git_commit?: string;
  parent_run_id?: string;
  /** Ids of logged models, which are kept by themselves: models:/ID. */
  models: string[];
}

export interface RunPage {
  runs: Run[];
  next_page_token?: string;
}

export type XAxis = "step" | "relative" | "wall";

export interface Curve {
  run_id: string;
  metric: string;
  /** How many points lie in the range that was asked for. */
  total: number;
  /** True when every one of them is in `points`. */
  exact: boolean;
  points: [number, number | null][];
  non_finite: [number, "NaN" | "Infinity" | "-Infinity"][];
}

export interface ArtifactEntry {
  path: string;
  is_dir: boolean;
  size?: number;
  digest?: string;
}

export interface ArtifactListing {
  path: string;
  entries: ArtifactEntry[];
}

export interface GpuUse {
  /** Empty where it is not known. */
  type: string;
  total: number;
  free: number;
}

export interface ClusterNode {
  name: string;
  cpus: number;
  cpus_free: number;
  memory_bytes: number;
  memory_free_bytes: number;
  gpus: number;
  gpus_free: number;
  gpu_types: GpuUse[];
}

export interface QueueUse {
  name: string;
  guaranteed: number;
  limit: number;
  weight: number;
  policy: string;
  share: number;
  cpus_used: number;
  memory_used_bytes: number;
  gpus_used: number;
  jobs_running: number;
  jobs_waiting: number;
}

/** What a job holds or needs on each of its machines. */
export interface Needs {
  cpus: number;
  memory_bytes: number;
  gpus: number;
  gpu_type?: string;
}

export interface Holder extends Needs {
  job_id: string;
  name: string;
  queue: string;
  priority: number;
  nodes: string[];
  started_at: string;
  expected_end_at?: string;
  ending: boolean;
}

export interface Waiter extends Needs {
  position: number;
  job_id: string;
  name: string;
  queue: string;
  priority: number;
  nodes: number;
  reason: string;
}

export interface Cluster {
  nodes: ClusterNode[];
  queues: QueueUse[];
  jobs_running: number;
  jobs_waiting: number;
  /** The first of those that run and of those that wait. */
  running: Holder[];
  waiting: Waiter[];
}
