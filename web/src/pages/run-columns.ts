import { formatNumber, nothing } from "../format.ts";
import type { Run } from "../wire.ts";

/** A column that the reader can choose: a metric, a parameter or a tag, named as in a filter. */
export interface ChosenColumn {
  /** "metrics.loss", "params.lr", "tags.dataset": also what stands in the address. */
  name: string;
  kind: "metrics" | "params" | "tags";
  key: string;
}

export function readColumn(name: string): ChosenColumn | undefined {
  const [, kind, key] = /^(metrics|params|tags)\.(.+)$/.exec(name) ?? [];
  return kind && key ? { name, kind: kind as ChosenColumn["kind"], key } : undefined;
}

/** Writes the column as filters and orders name it: in backquotes where the key is more than a word. */
export function orderKey({ kind, key }: ChosenColumn): string {
  return /^\w+$/.test(key) ? `${kind}.${key}` : `${kind}.\`${key}\``;
}

export function cellText(run: Run, { kind, key }: ChosenColumn): string {
  if (kind === "metrics") return formatNumber(run.metrics.find((metric) => metric.key === key)?.value);
  return run[kind][key] ?? nothing;
}

/** Every column that some of the runs could fill, the most common first, with how many of them can. */
export function knownColumns(runs: readonly Run[]): (ChosenColumn & { runs: number })[] {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const run of runs) {
    for (const { key } of run.metrics) count(`metrics.${key}`);
    for (const key of Object.keys(run.params)) count(`params.${key}`);
    for (const key of Object.keys(run.tags)) if (!key.startsWith("mlflow.")) count(`tags.${key}`);
  }
  return [...counts]
    .map(([name, runsWith]) => ({ ...(readColumn(name) as ChosenColumn), runs: runsWith }))
    .sort((a, b) => b.runs - a.runs || a.name.localeCompare(b.name));
}

const heldOut = /(^|[^a-z])(val|valid|validation|eval|test)([^a-z]|$)/i;

/**
 * The metrics that most of the runs have, at most `most` of them. Among equals, those on held-out data come before those
 * that were followed over time, and these before single values; what the system measured is not among them.
 */
export function usualColumns(runs: readonly Run[], most = 4): ChosenColumn[] {
  const followed = new Set(
    runs.flatMap((run) => run.metrics.flatMap(({ key, count }) => (count > 1 ? [key] : []))),
  );
  const rank = (key: string) => (heldOut.test(key) ? 0 : followed.has(key) ? 1 : 2);
  return knownColumns(runs)
    .filter(({ kind, key }) => kind === "metrics" && !key.startsWith("system/"))
    .sort((a, b) => b.runs - a.runs || rank(a.key) - rank(b.key) || a.key.localeCompare(b.key))
    .slice(0, most)
    .map(({ name, kind, key }) => ({ name, kind, key }));
}

/** All that some of the runs have, parameters first, and whether they differ in it. */
export function sideBySide(runs: readonly Run[]): { column: ChosenColumn; differs: boolean }[] {
  const kinds = ["params", "metrics", "tags"];
  return knownColumns(runs)
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.key.localeCompare(b.key))
    .map(({ name, kind, key }) => {
      const column = { name, kind, key };
      return { column, differs: new Set(runs.map((run) => cellText(run, column))).size > 1 };
    });
}
