import { useRef } from "preact/hooks";
import { api } from "../api.ts";
import { ColumnPicker } from "../components/ColumnPicker.tsx";
import { FilterBox } from "../components/FilterBox.tsx";
import { Empty, Loading, Problem } from "../components/Notices.tsx";
import { isLive } from "../components/Status.tsx";
import { Table } from "../components/Table.tsx";
import { formatCount } from "../format.ts";
import { links } from "../routes.ts";
import { query, setQuery } from "../state/location.ts";
import { usePages } from "../state/pages.ts";
import { useLiveRefresh, usePolling, useResource } from "../state/resource.ts";
import { useTitle } from "../state/title.ts";
import type { Run } from "../wire.ts";
import { type ChosenColumn, knownColumns, readColumn, usualColumns } from "./run-columns.ts";
import { runTableColumns } from "./run-table.tsx";

const pollEvery = 5000;
/** Longer lists are brought up to date by events alone. */
const longestPolled = 400;

/** All runs, newest first, or as filter, experiment and order in the address say. */
export function RunsPage() {
  const experiment = query.value.getAll("experiment");
  const filter = query.value.get("filter") ?? "";
  const order = query.value.get("order_by") ?? "";
  const key = JSON.stringify([experiment, filter, order]);
  const runs = usePages<Run>(key, async (limit, page_token, signal) => {
    const page = await api.runs(
      { experiment, filter, order_by: order ? [order] : [], limit, page_token },
      signal,
    );
    return { items: page.runs, next: page.next_page_token };
  });
  useLiveRefresh(runs.refresh, (event) => /run|job/.test(event.type));
  useTitle("Runs");
  const rows = runs.data?.items ?? [];
  usePolling(runs.refresh, pollEvery, rows.length <= longestPolled && rows.some((run) => isLive(run.status)));
  const columns = useChosenColumns(key, rows);
  const filterError =
    filter && runs.error && runs.error.code !== "unavailable" ? runs.error.message : undefined;
  const filtered = filter !== "" || experiment.length > 0;

  return (
    <main class="list-page">
      <div class="toolbar">
        <h1>Runs</h1>
        <ExperimentChoice chosen={experiment[0] ?? ""} />
        <FilterBox
          label="Filter runs"
          placeholder={'metrics.auc > 0.7 and params.max_depth = "6"'}
          value={filter}
          error={filterError}
          onApply={(text) => setQuery({ filter: text })}
        />
        <span class="faint count">
          {runs.data && (runs.data.next ? `${rows.length}+ runs` : formatCount(rows.length, "run"))}
        </span>
        <CompareLink />
        <ColumnPicker
          known={knownColumns(rows)}
          chosen={columns}
          onChange={(column) => setQuery({ column })}
        />
      </div>
      {runs.error && !filterError && <Problem error={runs.error} retry={runs.refresh} />}
      {!runs.data && !runs.error && <Loading />}
      {rows.length > 0 && (
        <Table
          label="Runs"
          columns={runTableColumns(columns, order)}
          rows={rows}
          rowKey={(run) => run.id}
          onEnd={runs.data?.next && !runs.loading ? runs.more : undefined}
        />
      )}
      {filterError && rows.length === 0 && <NoneMatch title="The filter cannot be read" />}
      {runs.data &&
        rows.length === 0 &&
        !filterError &&
        (filtered ? <NoneMatch title="No run matches" /> : <NoRuns />)}
    </main>
  );
}

/** The columns that the address names, or the usual ones of the first rows seen, which then stay while rows come and go. */
function useChosenColumns(key: string, rows: readonly Run[]): readonly ChosenColumn[] {
  const usual = useRef<{ key: string; columns: ChosenColumn[] }>({ key: "", columns: [] });
  if (rows.length > 0 && (usual.current.key !== key || usual.current.columns.length === 0))
    usual.current = { key, columns: usualColumns(rows) };
  const named = query.value.getAll("column").flatMap((name) => readColumn(name) ?? []);
  return named.length > 0 ? named : usual.current.columns;
}

/** Leads to the runs that are ticked, from two on. */
function CompareLink() {
  const picked = query.value.getAll("pick");
  return (
    <a
      class="button"
      href={links.compare(picked)}
      aria-disabled={picked.length < 2}
      title="Tick two runs or more"
    >
      Compare <span class="numbers">{picked.length || ""}</span>
    </a>
  );
}

function ExperimentChoice({ chosen }: { chosen: string }) {
  const experiments = useResource("experiments", api.experiments);
  const known = experiments.data ?? [];
  const found = known.find(({ id }) => id === chosen) ?? known.find(({ name }) => name === chosen);
  return (
    <select
      aria-label="Experiment"
      value={found?.id ?? chosen}
      onChange={(event) => setQuery({ experiment: event.currentTarget.value })}
    >
      <option value="">All experiments</option>
      {chosen && !found && <option value={chosen}>{chosen}</option>}
      {known.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function NoneMatch({ title }: { title: string }) {
  return (
    <Empty title={title}>
      <button type="button" onClick={() => setQuery({ filter: undefined, experiment: undefined })}>
        Show all runs
      </button>
    </Empty>
  );
}

function NoRuns() {
  return (
    <Empty
      title="No runs yet"
      commands={["orrery submit train.py", `export MLFLOW_TRACKING_URI=${window.location.origin}`]}
    >
      Submit a script, or point an MLflow client that you already use at this server:
    </Empty>
  );
}
