import { api } from "../api.ts";
import { Curves } from "../chart/Curves.tsx";
import { isOfTheSystem, systemLabel } from "../chart/sections.ts";
import { Artifacts } from "../components/Artifacts.tsx";
import { Copyable } from "../components/Copyable.tsx";
import { Facts, Panel } from "../components/Facts.tsx";
import { LogView } from "../components/LogView.tsx";
import { Empty, Loading, Problem } from "../components/Notices.tsx";
import { HeadFact, PageHead } from "../components/PageHead.tsx";
import { isLive } from "../components/Status.tsx";
import { currentTab, Tabs } from "../components/Tabs.tsx";
import { Ago, Duration } from "../components/Time.tsx";
import { formatNumber, runTitle, shortId } from "../format.ts";
import { links } from "../routes.ts";
import { now } from "../state/clock.ts";
import { useLiveRefresh, usePolling, useResource } from "../state/resource.ts";
import { useTitle } from "../state/title.ts";
import type { Metric, Run } from "../wire.ts";

const pollEvery = 2000;
/** What a job used last is recorded soon after its end. */
const settles = 10_000;

const tabs = [
  ["curves", "Curves"],
  ["artifacts", "Artifacts"],
  ["log", "Log"],
] as const;

/** One run: its curves with its parameters, metrics and tags beside them, its files, and the log of its job. */
export function RunPage({ id }: { id: string }) {
  const resource = useResource(id, (signal) => api.run(id, signal));
  const run = resource.data;
  useLiveRefresh(
    resource.refresh,
    (event) => event.data.includes(id) || (!!run?.job_id && event.data.includes(run.job_id)),
  );
  useTitle(run && runTitle(run));
  usePolling(resource.refresh, pollEvery, !!run && (isLive(run.status) || isSettling(run)));
  if (!run)
    return (
      <main class="page">
        {resource.error ? <Problem error={resource.error} retry={resource.refresh} /> : <Loading />}
      </main>
    );
  const tab = currentTab(tabs);
  return (
    <main class="page">
      <Head run={run} />
      {resource.error && <Problem error={resource.error} retry={resource.refresh} />}
      <Tabs label="Parts of the run" tabs={tabs} current={tab} />
      {tab === "curves" && (
        <div class="with-side">
          <Curves runs={[run]} />
          <Side run={run} />
        </div>
      )}
      {tab === "artifacts" && <Artifacts run={run} />}
      {tab === "log" && (run.job_id ? <LogView job={run.job_id} live={isLive(run.status)} /> : <NoLog />)}
    </main>
  );
}

function isSettling(run: Run): boolean {
  return !!run.job_id && !!run.ended_at && now.value - Date.parse(run.ended_at) < settles;
}

function Head({ run }: { run: Run }) {
  const waiting = run.status === "SCHEDULED";
  return (
    <PageHead
      above={[run.experiment_name, links.experiment(run.experiment_id)]}
      title={runTitle(run)}
      state={run.status}
    >
      <HeadFact name="Started">
        <Ago at={waiting ? undefined : run.started_at} />
      </HeadFact>
      <HeadFact name="Took">
        <Duration from={waiting ? undefined : run.started_at} to={run.ended_at} />
      </HeadFact>
      <HeadFact name="By">{run.user}</HeadFact>
      {run.job_id && (
        <HeadFact name="Job">
          <a href={links.job(run.job_id)}>{shortId(run.job_id)}</a>
        </HeadFact>
      )}
      {run.source_name && (
        <HeadFact name="Source">
          <code>{run.source_name}</code>
        </HeadFact>
      )}
      {run.git_commit && (
        <HeadFact name="Commit">
          <Copyable text={run.git_commit} shown={shortId(run.git_commit)} />
        </HeadFact>
      )}
      {run.parent_run_id && (
        <HeadFact name="Part of">
          <a href={links.run(run.parent_run_id)}>{shortId(run.parent_run_id)}</a>
        </HeadFact>
      )}
      <HeadFact name="Id">
        <Copyable text={run.id} shown={shortId(run.id)} />
      </HeadFact>
    </PageHead>
  );
}

function Side({ run }: { run: Run }) {
  const params = Object.entries(run.params).sort(([a], [b]) => a.localeCompare(b));
  const tags = Object.entries(run.tags).filter(
    ([key]) => !key.startsWith("mlflow.") && key !== "orrery.job_id",
  );
  const all = [...run.metrics].sort((a, b) => a.key.localeCompare(b.key));
  const metrics = all.filter(({ key }) => !isOfTheSystem(key));
  const used = all.filter(({ key }) => isOfTheSystem(key));
  return (
    <aside class="side">
      <Panel title="Parameters" note={params.length}>
        {params.length > 0 ? <Facts facts={params} /> : <p class="faint">None logged.</p>}
      </Panel>
      <Panel title="Latest metrics" note={metrics.length}>
        {metrics.length > 0 ? (
          <Facts facts={metrics.map((metric) => [metric.key, latest(metric)])} />
        ) : (
          <p class="faint">None logged.</p>
        )}
      </Panel>
      {run.models.length > 0 && (
        <Panel title="Models" note={run.models.length}>
          {run.models.map((model) => (
            <p key={model}>
              <Copyable text={`models:/${model}`} />
            </p>
          ))}
        </Panel>
      )}
      <Panel title="Tags" note={tags.length}>
        {tags.length > 0 ? (
          <Facts facts={tags.sort(([a], [b]) => a.localeCompare(b))} />
        ) : (
          <p class="faint">None set.</p>
        )}
      </Panel>
      {used.length > 0 && (
        <Panel title="System" note={used.length}>
          <Facts facts={used.map((metric) => [systemLabel(metric.key), latest(metric)])} />
        </Panel>
      )}
    </aside>
  );
}

function latest(metric: Metric) {
  return (
    <span title={`least ${formatNumber(metric.min)}, greatest ${formatNumber(metric.max)}`}>
      {formatNumber(metric.value)}
    </span>
  );
}

function NoLog() {
  return (
    <Empty title="No log" commands={["orrery submit train.py"]}>
      This run was logged by a script that ran elsewhere. A job's output is kept; submit the script to have it
      here:
    </Empty>
  );
}
