import type { ComponentChildren } from "preact";
import { api } from "../api.ts";
import { Meter } from "../components/Meter.tsx";
import { Empty, Loading, Problem } from "../components/Notices.tsx";
import { Ago, Duration } from "../components/Time.tsx";
import { formatCount, formatDuration, formatExact } from "../format.ts";
import { links } from "../routes.ts";
import { now } from "../state/clock.ts";
import { useLiveRefresh, usePolling, useResource } from "../state/resource.ts";
import { useTitle } from "../state/title.ts";
import { needsText } from "../text/needs.ts";
import type { Cluster, ClusterNode, Holder, QueueUse, Waiter } from "../wire.ts";
import { holdersOf, kindsOf } from "./cluster-parts.ts";

const mostListed = 200;
const pollEvery = 2000;

/** The machines and queues with what is held of them, the jobs that run, and why the others wait. */
export function ClusterPage() {
  const resource = useResource("cluster page", (signal) => api.cluster(mostListed, signal));
  const cluster = resource.data;
  useLiveRefresh(resource.refresh, (event) => event.type.includes("job"));
  // Expected ends, and with them reasons, move without an event.
  usePolling(resource.refresh, pollEvery, !!cluster && cluster.jobs_running > 0);
  useTitle("Cluster");
  if (!cluster)
    return (
      <main class="page">
        {resource.error ? <Problem error={resource.error} retry={resource.refresh} /> : <Loading />}
      </main>
    );
  return (
    <main class="page cluster-page">
      <h1>Cluster</h1>
      {resource.error && <Problem error={resource.error} retry={resource.refresh} />}
      <Part title="Machines" note={cluster.nodes.length}>
        <div class="cards">
          {cluster.nodes.map((node) => (
            <NodeCard key={node.name} cluster={cluster} node={node} />
          ))}
        </div>
      </Part>
      {cluster.queues.length > 0 && (
        <Part title="Queues" note={cluster.queues.length}>
          <ul class="queues">
            {cluster.queues.map((queue) => (
              <QueueLine key={queue.name} queue={queue} />
            ))}
          </ul>
        </Part>
      )}
      <Part title="Running" note={cluster.jobs_running}>
        <Running cluster={cluster} />
      </Part>
      <Part title="Waiting" note={cluster.jobs_waiting}>
        <Waiting cluster={cluster} />
      </Part>
    </main>
  );
}

function Part({ title, note, children }: { title: string; note: number; children: ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <h2>
        {title}
        <span class="faint">{note}</span>
      </h2>
      {children}
    </section>
  );
}

function NodeCard({ cluster, node }: { cluster: Cluster; node: ClusterNode }) {
  const holders = holdersOf(cluster, node);
  return (
    <article class="card">
      <h3>
        {node.name}
        <span class="faint">{holders.length > 0 ? formatCount(holders.length, "job") : "idle"}</span>
      </h3>
      {kindsOf(cluster, node).map((kind) => (
        <Meter key={kind.label} {...kind} />
      ))}
    </article>
  );
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(1))}%`;
}

function QueueLine({ queue }: { queue: QueueUse }) {
  const marks = [];
  if (queue.guaranteed > 0)
    marks.push({ title: `guaranteed: ${percent(queue.guaranteed)}`, amount: queue.guaranteed });
  if (queue.limit < 1) marks.push({ title: `limit: ${percent(queue.limit)}`, amount: queue.limit });
  const terms = [
    queue.guaranteed > 0 && `${percent(queue.guaranteed)} guaranteed`,
    queue.limit < 1 && `${percent(queue.limit)} at most`,
    queue.weight !== 1 && `weight ${queue.weight}`,
    queue.policy,
  ].filter(Boolean);
  return (
    <li>
      <Meter
        label={queue.name}
        text={percent(queue.share)}
        total={1}
        parts={[{ key: "share", title: `holds ${percent(queue.share)}`, amount: queue.share }]}
        marks={marks}
      />
      <span class="faint">{terms.join(" · ")}</span>
      <span class="queue-counts">
        {queue.jobs_running} running, {queue.jobs_waiting} waiting
      </span>
    </li>
  );
}

function Running({ cluster }: { cluster: Cluster }) {
  if (cluster.running.length === 0)
    return (
      <Empty title="Nothing runs" commands={["orrery submit train.py"]}>
        All machines are free:
      </Empty>
    );
  return (
    <>
      <ol class="job-lines">
        {cluster.running.map((job) => (
          <li key={job.job_id}>
            <div class="job-line">
              <a href={links.job(job.job_id)}>{job.name}</a>
              <span class="faint">{job.queue}</span>
              <span>{needsText(job, job.nodes.length)}</span>
              <span class="faint">{job.nodes.join(", ")}</span>
              <span class="numbers" title={`since ${formatExact(Date.parse(job.started_at))}`}>
                <Duration from={job.started_at} to={undefined} />
              </span>
              <ExpectedEnd job={job} />
            </div>
          </li>
        ))}
      </ol>
      <More shown={cluster.running.length} all={cluster.jobs_running} href="/jobs?show=running" />
    </>
  );
}

function ExpectedEnd({ job }: { job: Holder }) {
  if (job.ending) return <span class="ending">told to end</span>;
  if (!job.expected_end_at) return <span class="faint">end not known</span>;
  const at = Date.parse(job.expected_end_at);
  const left = at - now.value;
  return (
    <span class="faint numbers" title={formatExact(at)}>
      {left > 0 ? `ends in about ${formatDuration(left)}` : <Late at={job.expected_end_at} />}
    </span>
  );
}

function Late({ at }: { at: string }) {
  return (
    <>
      expected <Ago at={at} />
    </>
  );
}

function Waiting({ cluster }: { cluster: Cluster }) {
  if (cluster.waiting.length === 0) return <p class="faint">No job waits for resources.</p>;
  return (
    <>
      <ol class="job-lines waiting">
        {cluster.waiting.map((job) => (
          <WaitingLine key={job.job_id} job={job} />
        ))}
      </ol>
      <More shown={cluster.waiting.length} all={cluster.jobs_waiting} href="/jobs?show=waiting" />
    </>
  );
}

function WaitingLine({ job }: { job: Waiter }) {
  return (
    <li>
      <span class="position faint numbers">{job.position}</span>
      <div>
        <div class="job-line">
          <a href={links.job(job.job_id)}>{job.name}</a>
          <span class="faint">{job.queue}</span>
          <span>{needsText(job, job.nodes)}</span>
          {job.priority !== 0 && <span class="faint">priority {job.priority}</span>}
        </div>
        <p>{job.reason}</p>
      </div>
    </li>
  );
}

function More({ shown, all, href }: { shown: number; all: number; href: string }) {
  if (shown >= all) return null;
  return (
    <p>
      <a href={href}>and {formatCount(all - shown, "more", "more")}</a>
    </p>
  );
}
