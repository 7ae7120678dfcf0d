import { api } from "../api.ts";
import { Curves } from "../chart/Curves.tsx";
import { Empty, Loading, Problem } from "../components/Notices.tsx";
import { isLive, Status } from "../components/Status.tsx";
import { currentTab, Tabs } from "../components/Tabs.tsx";
import { Duration } from "../components/Time.tsx";
import { runTitle } from "../format.ts";
import { links } from "../routes.ts";
import { query, setQuery } from "../state/location.ts";
import { useLiveRefresh, usePolling, useResource } from "../state/resource.ts";
import { useTitle } from "../state/title.ts";
import type { Run } from "../wire.ts";
import { cellText, sideBySide } from "./run-columns.ts";

const pollEvery = 2000;

const tabs = [
  ["curves", "Curves"],
  ["values", "Values"],
] as const;

/** Several runs on the same axes, and their parameters and metrics side by side. */
export function ComparePage() {
  const ids = [...new Set(query.value.getAll("run"))];
  const runs = useResource(ids.join(" "), (signal) => Promise.all(ids.map((id) => api.run(id, signal))));
  useLiveRefresh(runs.refresh, (event) => ids.some((id) => event.data.includes(id)));
  useTitle("Comparison");
  usePolling(runs.refresh, pollEvery, !!runs.data?.some((run) => isLive(run.status)));
  if (ids.length === 0)
    return (
      <main class="page">
        <Empty title="No runs chosen" commands={["orrery runs compare RUN RUN"]}>
          <a href={links.runs}>Tick some in the list of runs</a>, or compare them in a terminal:
        </Empty>
      </main>
    );
  if (!runs.data)
    return (
      <main class="page">
        {runs.error ? <Problem error={runs.error} retry={runs.refresh} /> : <Loading />}
      </main>
    );
  const tab = currentTab(tabs);
  return (
    <main class="page">
      <header class="page-head">
        <a class="above" href={links.runs}>
          Runs
        </a>
        <div class="title-row">
          <h1>{runs.data.length} runs compared</h1>
        </div>
        <Chosen runs={runs.data} />
      </header>
      {runs.error && <Problem error={runs.error} retry={runs.refresh} />}
      <Tabs label="Parts of the comparison" tabs={tabs} current={tab} />
      {tab === "curves" ? <Curves runs={runs.data} /> : <Values runs={runs.data} />}
    </main>
  );
}

/** The runs with the colours that their lines have, each of which can be left out. */
function Chosen({ runs }: { runs: readonly Run[] }) {
  const leaveOut = (id: string) => setQuery({ run: runs.map((run) => run.id).filter((one) => one !== id) });
  return (
    <ul class="chosen-runs">
      {runs.map((run, index) => (
        <li key={run.id}>
          <i class={`swatch curve-${(index % 6) + 1}`} />
          <a href={links.run(run.id)}>{runTitle(run)}</a>
          <Status state={run.status} />
          <span class="faint">
            <Duration from={run.status === "SCHEDULED" ? undefined : run.started_at} to={run.ended_at} />
          </span>
          <button
            type="button"
            class="quiet"
            aria-label={`Leave out ${runTitle(run)}`}
            onClick={() => leaveOut(run.id)}
          >
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="m4.5 4.5 7 7m0-7-7 7" />
            </svg>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Values({ runs }: { runs: readonly Run[] }) {
  const all = query.value.get("values") === "all";
  const rows = sideBySide(runs).filter(({ differs }) => all || differs);
  return (
    <div class="side-by-side">
      <label class="check">
        <input
          type="checkbox"
          checked={!all}
          onChange={(event) => setQuery({ values: event.currentTarget.checked ? undefined : "all" })}
        />
        Only what differs
      </label>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              {runs.map((run, index) => (
                <th key={run.id} scope="col" title={runTitle(run)}>
                  <i class={`swatch curve-${(index % 6) + 1}`} /> {runTitle(run)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ column, differs }) => (
              <tr key={column.name}>
                <th scope="row" title={column.name}>
                  {column.key} <span class="faint">{column.kind.slice(0, -1)}</span>
                </th>
                {runs.map((run) => (
                  <td key={run.id} class={differs ? undefined : "faint"} title={cellText(run, column)}>
                    {cellText(run, column)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 && <p class="faint">Their parameters, metrics and tags are all the same.</p>}
    </div>
  );
}
