// Every page's address, written and read in one place.

const id = encodeURIComponent;

export const links = {
  runs: "/runs",
  jobs: "/jobs",
  cluster: "/cluster",
  run: (run: string) => `/runs/${id(run)}`,
  job: (job: string) => `/jobs/${id(job)}`,
  compare: (runs: readonly string[]) => `/compare?${runs.map((run) => `run=${id(run)}`).join("&")}`,
  experiment: (experiment: string) => `/runs?experiment=${id(experiment)}`,
};

export type Route =
  | { page: "runs" }
  | { page: "run"; id: string }
  | { page: "jobs" }
  | { page: "job"; id: string }
  | { page: "compare" }
  | { page: "cluster" }
  | { page: "none" };

/** Tells which page a path asks for; "/" is the list of runs. */
export function readRoute(path: string): Route {
  const [section = "", entity, ...rest] = path.split("/").filter(Boolean).map(decode);
  if (rest.length > 0) return { page: "none" };
  if (section === "" || section === "runs") return entity ? { page: "run", id: entity } : { page: "runs" };
  if (section === "compare" && !entity) return { page: "compare" };
  if (section === "cluster" && !entity) return { page: "cluster" };
  if (section === "jobs") return entity ? { page: "job", id: entity } : { page: "jobs" };
  return { page: "none" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Reads the part after # of a link that the MLflow client prints: "#/experiments/1/runs/ID" is a run, and
 * "#/experiments/1" with whatever else follows is the runs of that experiment. Any other is undefined.
 */
export function readMlflowLink(hash: string): string | undefined {
  const [path = ""] = hash.slice(1).split("?");
  const [section, experiment, kind, run] = path.split("/").filter(Boolean).map(decode);
  if (section !== "experiments" || !experiment) return undefined;
  return kind === "runs" && run ? links.run(run) : links.experiment(experiment);
}
