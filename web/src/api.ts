import type {
  ArtifactListing,
  Cluster,
  Curve,
  Experiment,
  Job,
  JobPage,
  JobState,
  Run,
  RunPage,
  XAxis,
} from "./wire.ts";

const root = "/api/v1";

/** What went wrong with a call, in the server's own words, with the field at fault where there is one. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

type QueryValue = string | number | readonly string[] | undefined;

function url(path: string, query: Record<string, QueryValue> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const one of typeof value === "object" ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return root + path + (text && `?${text}`);
}

async function readError(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as {
      error: { code: string; message: string; field?: string };
    };
    return new ApiError(error.code, error.message, error.field);
  } catch {
    return new ApiError("internal", `The server answered ${response.status} without saying why.`);
  }
}

/** Sends a request; an answer that is not a success, or none at all, is thrown as ApiError. */
export async function send(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(
      "unavailable",
      "The server does not answer. Is it running? Start it with: orrery serve",
    );
  }
  if (!response.ok) throw await readError(response);
  return response;
}

async function get<T>(address: string, signal: AbortSignal): Promise<T> {
  return (await send(address, { signal })).json() as Promise<T>;
}

const id = encodeURIComponent;

export interface RunQuery {
  experiment: readonly string[];
  filter: string;
  order_by: readonly string[];
  limit: number;
  page_token?: string | undefined;
}

export interface JobQuery {
  state: readonly JobState[];
  name: string;
  limit: number;
  page_token?: string | undefined;
}

export interface CurveQuery {
  run: readonly string[];
  metric: readonly string[];
  x: XAxis;
  from?: number | undefined;
  to?: number | undefined;
  width: number;
}

export const api = {
  runs: (query: RunQuery, signal: AbortSignal) => get<RunPage>(url("/runs", { ...query }), signal),
  run: (run: string, signal: AbortSignal) => get<Run>(url(`/runs/${id(run)}`), signal),
  experiments: (signal: AbortSignal) =>
    get<{ experiments: Experiment[] }>(url("/experiments", { limit: 1000 }), signal).then(
      (page) => page.experiments,
    ),
  curves: (query: CurveQuery, signal: AbortSignal) =>
    get<{ curves: Curve[] }>(url("/curves", { ...query }), signal).then((page) => page.curves),
  artifacts: (run: string, path: string, signal: AbortSignal) =>
    get<ArtifactListing>(url(`/runs/${id(run)}/artifacts`, { path }), signal),
  jobs: (query: JobQuery, signal: AbortSignal) => get<JobPage>(url("/jobs", { ...query }), signal),
  job: (job: string, signal: AbortSignal) => get<Job>(url(`/jobs/${id(job)}`), signal),
  cluster: (limit: number, signal: AbortSignal) => get<Cluster>(url("/cluster", { limit }), signal),
  cancelJob: async (job: string): Promise<Job> => {
    const response = await send(url(`/jobs/${id(job)}/cancel`), { method: "POST" });
    return response.json() as Promise<Job>;
  },
};

/** Addresses for links, images and streams, which are not answered as JSON. */
export const addresses = {
  artifact: (run: string, path: string) => url(`/runs/${id(run)}/artifacts/content`, { path }),
  log: (
    job: string,
    query: { attempt?: number | undefined; offset?: number; tail?: number; follow?: "true" },
  ) => url(`/jobs/${id(job)}/logs`, query),
  content: (digest: string) => url(`/content/${id(digest)}`),
  events: (after: string) => url("/events", { after }),
};
