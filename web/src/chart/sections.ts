import type { Metric } from "../wire.ts";

/** The charts of one page, in sections by the part of the metric's name before its last "/". */
export interface Section {
  title: string;
  metrics: string[];
}

/** Whether a metric says what a run uses, and not what it makes. */
export function isOfTheSystem(key: string): boolean {
  return key.startsWith("system/");
}

/** What a metric of the system is called where there is little room: "gpu 0 utilization, %". */
export function systemLabel(key: string): string {
  const units: Record<string, string> = { percentage: "%", megabytes: "MB", watts: "W" };
  const words = key.slice("system/".length).split("_");
  const unit = units[words.at(-1) ?? ""];
  return unit ? `${words.slice(0, -1).join(" ")}, ${unit}` : words.join(" ");
}

/** Sorts the metrics that have a curve into sections: those without a "/" first, what the system measured last. */
export function sections(metrics: readonly Metric[], search: string): Section[] {
  const wanted = search.trim().toLowerCase();
  const groups = new Map<string, string[]>();
  for (const { key, count } of metrics) {
    if (count < 2 || !key.toLowerCase().includes(wanted)) continue;
    const title = key.includes("/") ? key.slice(0, key.lastIndexOf("/")) : "";
    groups.set(title, [...(groups.get(title) ?? []), key]);
  }
  const rank = (title: string) => (title === "" ? 0 : isOfTheSystem(`${title}/`) ? 2 : 1);
  return [...groups]
    .map(([title, keys]) => ({ title, metrics: keys.sort() }))
    .sort((a, b) => rank(a.title) - rank(b.title) || a.title.localeCompare(b.title));
}
