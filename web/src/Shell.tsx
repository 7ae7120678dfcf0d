import { api } from "./api.ts";
import { Empty } from "./components/Notices.tsx";
import { ThemeButton } from "./components/ThemeButton.tsx";
import { ClusterPage } from "./pages/ClusterPage.tsx";
import { ComparePage } from "./pages/ComparePage.tsx";
import { JobPage } from "./pages/JobPage.tsx";
import { JobsPage } from "./pages/JobsPage.tsx";
import { RunPage } from "./pages/RunPage.tsx";
import { RunsPage } from "./pages/RunsPage.tsx";
import { links, type Route, readRoute } from "./routes.ts";
import { liveState } from "./state/live.ts";
import { path } from "./state/location.ts";
import { useLiveRefresh, useResource } from "./state/resource.ts";
import { useTitle } from "./state/title.ts";

const sections: Partial<Record<Route["page"], string>> = {
  runs: "runs",
  run: "runs",
  compare: "runs",
  jobs: "jobs",
  job: "jobs",
  cluster: "cluster",
};

/** The frame around every page: where one is, where one can go, how the cluster stands. */
export function Shell() {
  const route = readRoute(path.value);
  const section = sections[route.page];
  return (
    <>
      <header class="bar">
        <a class="brand" href="/">
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="10" opacity="0.4" />
            <circle cx="12" cy="12" r="6" opacity="0.7" />
            <circle cx="12" cy="12" r="2.5" class="body" />
            <circle cx="19.07" cy="4.93" r="1.9" class="body" />
            <circle cx="6.8" cy="15" r="1.5" class="body" />
          </svg>
          Orrery
        </a>
        <nav aria-label="Pages">
          <a href={links.runs} aria-current={section === "runs" ? "page" : undefined}>
            Runs
          </a>
          <a href={links.jobs} aria-current={section === "jobs" ? "page" : undefined}>
            Jobs
          </a>
          <a href={links.cluster} aria-current={section === "cluster" ? "page" : undefined}>
            Cluster
          </a>
        </nav>
        <span class="spring" />
        <ClusterNote />
        <LiveNote />
        <ThemeButton />
      </header>
      <Page route={route} />
    </>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "runs":
      return <RunsPage />;
    case "run":
      return <RunPage key={route.id} id={route.id} />;
    case "jobs":
      return <JobsPage />;
    case "job":
      return <JobPage key={route.id} id={route.id} />;
    case "compare":
      return <ComparePage />;
    case "cluster":
      return <ClusterPage />;
    case "none":
      return <NoPage />;
  }
}

function NoPage() {
  useTitle(undefined);
  return (
    <main class="page">
      <Empty title="There is no such page">
        <a href={links.runs}>Go to the runs</a>
      </Empty>
    </main>
  );
}

/** How busy the machines are, in a few words. */
function ClusterNote() {
  const cluster = useResource("cluster", (signal) => api.cluster(0, signal));
  useLiveRefresh(cluster.refresh, (event) => event.type.includes("job"));
  if (!cluster.data) return null;
  const { nodes, jobs_running, jobs_waiting } = cluster.data;
  const total = nodes.reduce((sum, node) => sum + node.cpus, 0);
  const free = nodes.reduce((sum, node) => sum + node.cpus_free, 0);
  return (
    <span class="cluster-note">
      <a href="/jobs?show=running">{jobs_running} running</a>
      <a href="/jobs?show=waiting">{jobs_waiting} waiting</a>
      <a
        href={links.cluster}
        title={nodes.map((node) => `${node.name}: ${node.cpus_free} of ${node.cpus} CPUs free`).join("\n")}
      >
        {Number(free.toFixed(1))} of {total} CPUs free
      </a>
    </span>
  );
}

const liveTexts = { connecting: "Connecting", live: "Live", lost: "Reconnecting" };

function LiveNote() {
  const state = liveState.value;
  return (
    <span
      class={`live-note ${state}`}
      role="status"
      title={state === "live" ? "Changes appear by themselves" : "Changes appear once the server answers"}
    >
      <i aria-hidden="true" />
      {liveTexts[state]}
    </span>
  );
}
