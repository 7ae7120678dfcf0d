import { api } from "../api.ts";
import { Choice } from "../components/Choice.tsx";
import { FilterBox } from "../components/FilterBox.tsx";
import { Empty, Loading, Problem } from "../components/Notices.tsx";
import { Status } from "../components/Status.tsx";
import { type Column, Table } from "../components/Table.tsx";
import { Ago, Duration } from "../components/Time.tsx";
import { formatCount } from "../format.ts";
import { links } from "../routes.ts";
import { query, setQuery } from "../state/location.ts";
import { usePages } from "../state/pages.ts";
import { useLiveRefresh } from "../state/resource.ts";
import { useTitle } from "../state/title.ts";
import { needsText } from "../text/needs.ts";
import type { Job, JobState } from "../wire.ts";

type Show = "" | "waiting" | "running" | "succeeded" | "failed" | "cancelled";

const shows: readonly (readonly [Show, string])[] = [
  ["", "All"],
  ["waiting", "Waiting"],
  ["running", "Running"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
];

const statesOf: Record<Show, JobState[]> = {
  "": [],
  waiting: ["PENDING", "QUEUED"],
  running: ["STARTING", "RUNNING"],
  succeeded: ["SUCCEEDED"],
  failed: ["FAILED"],
  cancelled: ["CANCELLED"],
};

const columns: Column<Job>[] = [
  { name: "Name", title: "Name", width: 220, cell: (job) => <a href={links.job(job.id)}>{job.name}</a> },
  { name: "State", title: "State", width: 120, cell: (job) => <Status state={job.state} /> },
  {
    name: "Reason",
    title: "Reason",
    grows: true,
    width: 300,
    cell: (job) => <span title={job.reason}>{job.reason}</span>,
  },
  { name: "Queue", title: "Queue", width: 90, cell: (job) => job.spec.queue },
  {
    name: "Needs",
    title: "Needs",
    width: 150,
    cell: ({ spec }) => <span title={needsText(spec, spec.nodes)}>{needsText(spec, spec.nodes)}</span>,
  },
  { name: "Submitted", title: "Submitted", width: 110, cell: (job) => <Ago at={job.submitted_at} /> },
  {
    name: "Duration",
    title: "Duration",
    width: 130,
    cell: (job) => <Duration from={job.started_at} to={job.ended_at} />,
  },
];

/** All jobs, newest first, or those of one kind and name. */
export function JobsPage() {
  const show = shows.find(([name]) => name === query.value.get("show"))?.[0] ?? "";
  const name = query.value.get("name") ?? "";
  const jobs = usePages<Job>(JSON.stringify([show, name]), async (limit, page_token, signal) => {
    const page = await api.jobs({ state: statesOf[show], name, limit, page_token }, signal);
    return { items: page.jobs, next: page.next_page_token };
  });
  useLiveRefresh(jobs.refresh, (event) => event.type.includes("job"));
  useTitle("Jobs");
  const rows = jobs.data?.items ?? [];
  return (
    <main class="list-page">
      <div class="toolbar">
        <h1>Jobs</h1>
        <Choice<Show>
          name="State"
          value={show}
          options={shows}
          onChange={(next) => setQuery({ show: next })}
        />
        <FilterBox
          label="Filter jobs by name"
          placeholder="Exact name"
          value={name}
          error={undefined}
          onApply={(text) => setQuery({ name: text })}
        />
        <span class="faint count">
          {jobs.data && (jobs.data.next ? `${rows.length}+ jobs` : formatCount(rows.length, "job"))}
        </span>
      </div>
      {jobs.error && <Problem error={jobs.error} retry={jobs.refresh} />}
      {!jobs.data && !jobs.error && <Loading />}
      {rows.length > 0 && (
        <Table
          label="Jobs"
          columns={columns}
          rows={rows}
          rowKey={(job) => job.id}
          onEnd={jobs.data?.next && !jobs.loading ? jobs.more : undefined}
        />
      )}
      {jobs.data && rows.length === 0 && (show || name ? <NoneMatch /> : <NoJobs />)}
    </main>
  );
}

function NoneMatch() {
  return (
    <Empty title="No such job">
      <button type="button" onClick={() => setQuery({ show: undefined, name: undefined })}>
        Show all jobs
      </button>
    </Empty>
  );
}

function NoJobs() {
  return (
    <Empty
      title="No jobs yet"
      commands={["orrery submit train.py", "orrery submit --cpus 2 --memory 4GiB --detach train.py"]}
    >
      A job runs your script as it stands, on what this machine has free, and keeps what it did:
    </Empty>
  );
}
