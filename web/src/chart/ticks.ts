import { formatClock } from "../format.ts";
import type { XAxis } from "../wire.ts";

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });

/** Writes a tick of the y axis with as many decimals as the distance between ticks needs. */
export function formatTick(value: number, increment: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size < 1e-3 || size >= 1e12) return value.toExponential(1).replace("+", "");
  if (size >= 1e4) return compact.format(value);
  let decimals = 0;
  while (decimals < 6 && !isWhole(increment * 10 ** decimals)) decimals++;
  return value.toFixed(decimals);
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6 && Math.round(value) > 0;
}

/** Writes a position on the x axis: a step, the time since the run began, or the time of day. `span` is what is in view. */
export function formatPosition(axis: XAxis, value: number, span: number): string {
  if (axis === "step") return value >= 100_000 ? compact.format(value) : value.toLocaleString("en-US");
  if (axis === "relative") {
    const [size, unit] = span < 180 ? [1, "s"] : span < 3 * 3600 ? [60, "m"] : [3600, "h"];
    return `${Number((value / size).toFixed(2))} ${unit}`;
  }
  if (span < 15 * 60_000) return formatClock(value);
  if (span < 36 * 3_600_000) return formatClock(value).slice(0, 5);
  const date = new Date(value);
  return `${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}

const seconds = [1, 2, 5, 10, 15, 30];

/** Distances between ticks that read well, for each kind of x axis. */
export const increments: Record<XAxis, number[]> = {
  step: [1, 2, 5]
    .flatMap((head) => Array.from({ length: 13 }, (_, power) => head * 10 ** power))
    .sort((a, b) => a - b),
  relative: [
    0.001,
    0.01,
    0.1,
    0.5,
    ...seconds,
    ...seconds.map((value) => value * 60),
    ...[1, 2, 3, 6, 12, 24, 48, 96, 240, 480].map((value) => value * 3600),
  ],
  wall: [
    ...[1, 10, 100],
    ...seconds.map((value) => value * 1000),
    ...seconds.map((value) => value * 60_000),
    ...[1, 2, 3, 6, 12, 24, 48, 168, 720].map((value) => value * 3_600_000),
  ],
};
