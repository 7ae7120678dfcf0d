import { Attempts } from "../components/Attempts.tsx";
import { Copyable } from "../components/Copyable.tsx";
import { Facts, Panel } from "../components/Facts.tsx";
import { Timeline } from "../components/Timeline.tsx";
import { formatBytes, formatCommand, formatDuration, shortId } from "../format.ts";
import type { Environment, Job, JobSpec } from "../wire.ts";

/** What there is to know about a job beside its log. */
export function JobSide({ job }: { job: Job }) {
  const { spec } = job;
  const params = Object.entries(spec.params);
  const env = Object.entries(spec.env);
  return (
    <aside class="side">
      <Panel title="Timeline">
        <Timeline job={job} />
      </Panel>
      {job.attempts.length > 0 && (
        <Panel title="Attempts" note={job.attempts.length}>
          <Attempts attempts={job.attempts} />
        </Panel>
      )}
      <Panel title="Command">
        <Copyable text={formatCommand(spec.command)} />
      </Panel>
      <Panel title="Asked for">
        <Facts facts={askedFor(spec)} />
      </Panel>
      {params.length > 0 && (
        <Panel title="Parameters" note={params.length}>
          <Facts facts={params} />
        </Panel>
      )}
      {spec.code && (
        <Panel title="Code">
          <Facts facts={codeFacts(spec.code)} />
        </Panel>
      )}
      {spec.environment && <EnvironmentPanel environment={spec.environment} />}
      {spec.inputs.length > 0 && (
        <Panel title="Inputs" note={spec.inputs.length}>
          <Facts
            facts={spec.inputs.map(({ path, size }) => [
              path,
              size === undefined ? "\u2013" : formatBytes(size),
            ])}
          />
        </Panel>
      )}
      {env.length > 0 && (
        <Panel title="Environment variables" note={env.length}>
          <Facts facts={env} />
        </Panel>
      )}
    </aside>
  );
}

function askedFor(spec: JobSpec): [string, string | number | undefined][] {
  return [
    ["CPUs", spec.cpus],
    ["Memory", formatBytes(spec.memory_bytes)],
    ["GPUs", spec.gpus > 0 ? `${spec.gpus}${spec.gpu_type ? ` × ${spec.gpu_type}` : ""}` : undefined],
    ["Nodes", spec.nodes > 1 ? spec.nodes : undefined],
    ["Priority", spec.priority],
    ["Framework", spec.framework],
    ["Seed", spec.seed],
    [
      "Time limit",
      spec.timeout_seconds === undefined ? undefined : formatDuration(spec.timeout_seconds * 1000),
    ],
  ];
}

function codeFacts(code: NonNullable<JobSpec["code"]>): [string, preact.ComponentChildren][] {
  return [
    ["Entry", code.entry],
    ["Commit", code.commit && <Copyable text={code.commit} shown={shortId(code.commit)} />],
    ["Uncommitted changes", code.dirty === undefined ? undefined : code.dirty ? "kept with it" : "none"],
    ["Content", <Copyable key="manifest" text={code.manifest} shown={shortId(code.manifest)} />],
  ];
}

function EnvironmentPanel({ environment }: { environment: Environment }) {
  return Object.entries(environment).map(([kind, text]) => (
    <Panel key={kind} title="Environment" note={kind}>
      <pre class="snippet">{text.trim()}</pre>
    </Panel>
  ));
}
