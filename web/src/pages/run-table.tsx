import { Status } from "../components/Status.tsx";
import type { Column } from "../components/Table.tsx";
import { Ago, Duration } from "../components/Time.tsx";
import { runTitle } from "../format.ts";
import { links } from "../routes.ts";
import { query, setQuery } from "../state/location.ts";
import type { Run } from "../wire.ts";
import { type ChosenColumn, cellText, orderKey } from "./run-columns.ts";

/** The columns of the runs table: who and when, then what the reader chose. `order` is the order asked for, if any. */
export function runTableColumns(chosen: readonly ChosenColumn[], order: string): Column<Run>[] {
  const picked = query.value.getAll("pick");
  const pick = (id: string) =>
    setQuery({ pick: picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id] });
  return [
    {
      name: "Name",
      title: "Name",
      width: 240,
      cell: (run) => (
        <span class="pick">
          <input
            type="checkbox"
            aria-label={`Choose ${runTitle(run)} to compare`}
            checked={picked.includes(run.id)}
            onChange={() => pick(run.id)}
          />
          <a href={links.run(run.id)}>{runTitle(run)}</a>
        </span>
      ),
    },
    {
      name: "Experiment",
      title: "Experiment",
      width: 140,
      cell: (run) => (
        <a class="plain" href={links.experiment(run.experiment_id)}>
          {run.experiment_name}
        </a>
      ),
    },
    { name: "Status", title: "Status", width: 120, cell: (run) => <Status state={run.status} /> },
    {
      name: "Started",
      title: "Started",
      width: 100,
      cell: (run) => <Ago at={run.status === "SCHEDULED" ? undefined : run.started_at} />,
      sort: sortBy("attributes.start_time", order),
    },
    {
      name: "Duration",
      title: "Duration",
      width: 100,
      cell: (run) => (
        <Duration from={run.status === "SCHEDULED" ? undefined : run.started_at} to={run.ended_at} />
      ),
    },
    ...chosen.map(
      (column): Column<Run> => ({
        name: column.name,
        title: column.key,
        width: Math.min(190, Math.max(110, 46 + 7 * column.key.length)),
        numeric: column.kind === "metrics",
        cell: (run) => <span title={cellText(run, column)}>{cellText(run, column)}</span>,
        sort: sortBy(orderKey(column), order),
      }),
    ),
  ];
}

/** Largest first, then smallest first, then as the list comes by itself. */
function sortBy(key: string, order: string): NonNullable<Column<Run>["sort"]> {
  const now = order === `${key} DESC` ? "descending" : order === `${key} ASC` ? "ascending" : "none";
  const next = { none: `${key} DESC`, descending: `${key} ASC`, ascending: undefined }[now];
  return { now, next: () => setQuery({ order_by: next }) };
}
