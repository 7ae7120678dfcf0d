// Development only: answers the part of /api/v1 that the pages use, from fixture-data.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Job, JobState, Run, XAxis } from "../src/wire.ts";
import { cluster } from "./fixture-cluster.ts";
import { addJob, currentRun, curve, experiments, jobs, logText, runs } from "./fixture-data.ts";

type Next = () => void;
type Handler = (match: RegExpExecArray, call: Call) => unknown;

interface Call {
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

const listeners = new Set<ServerResponse>();
let lastEvent = 0;

function announce(type: string, subject: string) {
  const id = String(++lastEvent);
  const data = JSON.stringify({ id, type, subject, at: new Date().toISOString() });
  for (const listener of listeners) listener.write(`id: ${id}\nevent: ${type}\ndata: ${data}\n\n`);
}

function found<T>(value: T | undefined, what: string): T {
  if (!value) throw new Refused(404, "not_found", `No such ${what}.`);
  return value;
}

function page<T>(all: T[], query: URLSearchParams): { items: T[]; next_page_token?: string } {
  const from = Number(query.get("page_token") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  const rest = from + limit < all.length ? { next_page_token: String(from + limit) } : {};
  return { items: all.slice(from, from + limit), ...rest };
}

function matches(run: Run, filter: string): boolean {
  return filter.split(/ and /i).every((clause) => {
    const parts =
      /^\s*(metrics|params|tags|attributes)\.`?([\w/.-]+)`?\s*(<=|>=|!=|=|<|>)\s*(['"]?)([^'"<>]+)\4\s*$/.exec(
        clause,
      );
    if (!parts)
      throw new Refused(
        400,
        "invalid_argument",
        `Expected a comparison such as metrics.loss < 0.4 at column 1: ${clause}`,
        "filter",
      );
    const [, kind, key = "", sign, , right = ""] = parts;
    const left =
      kind === "metrics"
        ? Number(run.metrics.find((metric) => metric.key === key)?.value ?? Number.NaN)
        : kind === "params"
          ? run.params[key]
          : kind === "tags"
            ? run.tags[key]
            : String(run[key as "status"]);
    const value = typeof left === "number" ? Number(right) : right;
    if (left === undefined) return false;
    return {
      "<": left < value,
      ">": left > value,
      "<=": left <= value,
      ">=": left >= value,
      "=": left === value,
      "!=": left !== value,
    }[sign as "<"];
  });
}

function listRuns(query: URLSearchParams) {
  const wanted = query.getAll("experiment");
  const filter = query.get("filter") ?? "";
  const [, key, direction] = /^metrics\.`?(.*?)`? (ASC|DESC)$/.exec(query.get("order_by") ?? "") ?? [];
  const all = runs
    .map(currentRun)
    .filter(
      (run) => !wanted.length || wanted.includes(run.experiment_name) || wanted.includes(run.experiment_id),
    )
    .filter((run) => !filter || matches(run, filter));
  const at = (run: Run) =>
    Number(run.metrics.find((metric) => metric.key === key)?.value ?? Number.NEGATIVE_INFINITY);
  if (key) all.sort((a, b) => (at(a) - at(b)) * (direction === "ASC" ? 1 : -1));
  const { items, ...rest } = page(all, query);
  return { runs: items, ...rest };
}

function listJobs(query: URLSearchParams) {
  const states = query.getAll("state");
  const all = jobs
    .filter((job) => !states.length || states.includes(job.state))
    .filter((job) => [null, job.name].includes(query.get("name")));
  const { items, ...rest } = page(all, query);
  return { jobs: items, ...rest };
}

function move(job: Job, state: JobState, cause: string) {
  const at = new Date().toISOString();
  job.state = state;
  job.reason = cause;
  job.transitions.push({ state, at, cause });
  const run = found(
    runs.find((one) => one.id === job.run_id),
    "run",
  );
  if (state === "CANCELLED" || state === "SUCCEEDED") {
    job.ended_at = at;
    run.ended_at = at;
    run.status = state === "SUCCEEDED" ? "FINISHED" : "KILLED";
    for (const attempt of job.attempts) attempt.state = state;
  }
  announce("job_state_changed", `jobs/${job.id}`);
}

function cancel(id: string, request: IncomingMessage) {
  if (Number(request.headers["content-length"] ?? 0) > 0)
    throw new Refused(400, "invalid_argument", "this request takes no body");
  const job = found(
    jobs.find((one) => one.id === id),
    "job",
  );
  if (job.ended_at)
    throw new Refused(409, "failed_precondition", `The job has ended and cannot be cancelled: ${job.state}`);
  move(job, "CANCELLED", "Cancelled by ada.");
  return job;
}

function submit({ request, response }: Call) {
  let body = "";
  request.on("data", (piece) => {
    body += piece;
  });
  request.on("end", () => {
    const job = addJob(JSON.parse(body).name);
    response.writeHead(201, { "Content-Type": "application/json" });
    response.end(JSON.stringify(job));
    announce("job_submitted", `jobs/${job.id}`);
  });
}

const files: Record<string, string> = {
  "model/MLmodel": "flavors:\n  sklearn:\n    sklearn_version: 1.9.0\n    pickled_model: model.pkl\n",
  "model/model.pkl": "\u0080\u0004binary",
  "model/requirements.txt": "scikit-learn==1.9.0\npandas==2.9.1\n",
  "report.json": '{"auc": 0.7214, "accuracy": 0.798, "rows": 68355}\n',
  "confusion.csv": "predicted,actual,count\n0,0,49812\n0,1,9120\n1,0,4403\n1,1,5020\n",
};

function listArtifacts(query: URLSearchParams) {
  const path = query.get("path") ?? "";
  const prefix = path && `${path}/`;
  const names = new Map<string, object>();
  for (const [name, content] of Object.entries(files)) {
    if (!name.startsWith(prefix)) continue;
    const head = name.slice(prefix.length).split("/")[0] as string;
    const is_dir = name.slice(prefix.length).includes("/");
    names.set(head, { path: prefix + head, is_dir, ...(!is_dir && { size: content.length }) });
  }
  return { path, entries: [...names.values()] };
}

function sendLog(id: string, { query, request, response }: Call) {
  const job = found(
    jobs.find((one) => one.id === id),
    "job",
  );
  const text = Buffer.from(job.attempts.length ? logText(job) : "");
  const tail = /bytes=-(\d+)/.exec(request.headers.range ?? "")?.[1];
  if (tail && text.length === 0) throw new Refused(416, "invalid_argument", "The log is empty.");
  let sent = Number(query.get("offset") ?? (tail ? Math.max(0, text.length - Number(tail)) : 0));
  const headers = { "Content-Type": "text/plain", "Accept-Ranges": "bytes" };
  if (tail)
    response.writeHead(206, {
      ...headers,
      "Content-Range": `bytes ${sent}-${text.length - 1}/${text.length}`,
    });
  else response.writeHead(200, headers);
  response.write(text.subarray(sent));
  sent = text.length;
  if (query.get("follow") !== "true") return response.end();
  const timer = setInterval(() => {
    const now = Buffer.from(logText(job));
    response.write(now.subarray(sent));
    sent = now.length;
    if (job.ended_at) {
      clearInterval(timer);
      response.end();
    }
  }, 700);
  return request.on("close", () => clearInterval(timer));
}

function sendEvents({ request, response }: Call) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": hello\n\n");
  listeners.add(response);
  request.on("close", () => listeners.delete(response));
}

function curves(query: URLSearchParams) {
  const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);
  return {
    curves: query.getAll("run").flatMap((id) =>
      query.getAll("metric").map((metric) =>
        curve(
          found(
            runs.find((run) => run.id === id),
            "run",
          ),
          metric,
          (query.get("x") ?? "step") as XAxis,
          number("from", Number.NEGATIVE_INFINITY),
          number("to", Number.POSITIVE_INFINITY),
          number("width", 1000),
        ),
      ),
    ),
  };
}

const routes: [string, RegExp, Handler][] = [
  ["GET", /^\/runs$/, (_, call) => listRuns(call.query)],
  [
    "GET",
    /^\/runs\/([^/]+)$/,
    ([, id]) =>
      currentRun(
        found(
          runs.find((run) => run.id === id),
          "run",
        ),
      ),
  ],
  ["GET", /^\/runs\/[^/]+\/artifacts$/, (_, call) => listArtifacts(call.query)],
  [
    "GET",
    /^\/runs\/[^/]+\/artifacts\/content$/,
    (_, call) => {
      call.response.writeHead(200, {
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
      });
      call.response.end(found(files[call.query.get("path") ?? ""], "artifact"));
    },
  ],
  ["GET", /^\/experiments$/, () => ({ experiments })],
  ["GET", /^\/curves$/, (_, call) => curves(call.query)],
  ["GET", /^\/jobs$/, (_, call) => listJobs(call.query)],
  [
    "GET",
    /^\/jobs\/([^/]+)$/,
    ([, id]) =>
      found(
        jobs.find((job) => job.id === id),
        "job",
      ),
  ],
  ["POST", /^\/jobs$/, (_, call) => void submit(call)],
  ["POST", /^\/jobs\/([^/]+)\/cancel$/, ([, id = ""], { request }) => cancel(id, request)],
  ["GET", /^\/jobs\/([^/]+)\/logs$/, ([, id = ""], call) => void sendLog(id, call)],
  ["GET", /^\/events$/, (_, call) => sendEvents(call)],
  ["GET", /^\/cluster$/, () => cluster()],
];

/** Returns middleware that answers /api/v1 and passes everything else on. */
export function createFixtureServer() {
  return (request: IncomingMessage, response: ServerResponse, next: Next) => {
    const url = new URL(request.url ?? "/", "http://fixture");
    if (!url.pathname.startsWith("/api/v1/")) return next();
    const path = decodeURI(url.pathname.slice("/api/v1".length));
    try {
      for (const [method, pattern, handler] of routes) {
        const match = method === request.method ? pattern.exec(path) : null;
        if (!match) continue;
        const answer = handler(match, { query: url.searchParams, request, response });
        if (answer === undefined) return;
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify(answer));
        return;
      }
      throw new Refused(404, "not_found", `No such route: ${path}`);
    } catch (error) {
      const { status, code, message, field } =
        error instanceof Refused ? error : new Refused(500, "internal", String(error));
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: { code, message, ...(field && { field }) } }));
    }
  };
}
