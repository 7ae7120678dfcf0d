import type { AlignedData } from "uplot";
import { smooth } from "../ema.ts";
import type { Curve } from "../wire.ts";

/** What of the curves the reader wants to see. */
export interface View {
  smoothing: number;
  logScale: boolean;
}

/** The curves of one metric, made ready for drawing: x, then for each curve its line and, when smoothed, its raw line. */
export interface Plot {
  data: AlignedData;
  /** Which curve each series after x belongs to, and whether it is the faint raw line behind a smoothed one. */
  series: { curve: number; raw: boolean }[];
  /** Points that a logarithmic scale cannot show. */
  notPositive: number;
  notFinite: number;
  /** Whether smoothing was asked for and left out, because points were dropped for the width of the chart. */
  smoothingRefused: boolean;
}

type Values = (number | null)[];

export function plot(curves: readonly Curve[], view: View): Plot {
  const exact = curves.every((curve) => curve.exact);
  const smoothed = view.smoothing > 0 && exact;
  const result: Plot = {
    data: [[]],
    series: [],
    notPositive: 0,
    notFinite: curves.reduce((sum, curve) => sum + curve.non_finite.length, 0),
    smoothingRefused: view.smoothing > 0 && !exact,
  };
  const columns: { curve: number; raw: boolean; x: number[]; y: Values }[] = [];
  curves.forEach((curve, index) => {
    const x = curve.points.map(([at]) => at);
    const raw = curve.points.map(([, value]) => value);
    const drawable = view.logScale ? raw.map((value) => (value !== null && value > 0 ? value : null)) : raw;
    if (view.logScale) result.notPositive += raw.filter((value) => value !== null && value <= 0).length;
    if (smoothed) columns.push({ curve: index, raw: true, x, y: drawable });
    columns.push({ curve: index, raw: false, x, y: smoothed ? smooth(drawable, view.smoothing) : drawable });
  });
  result.series = columns.map(({ curve, raw }) => ({ curve, raw }));
  result.data = align(columns);
  return result;
}

/** Brings columns onto one x: null where a column has no point, so that lines can pass over what others measured. */
function align(columns: readonly { x: number[]; y: Values }[]): AlignedData {
  const [first, ...others] = columns;
  if (!first) return [[]];
  if (others.every((column) => sameX(column.x, first.x))) return [first.x, ...columns.map(({ y }) => y)];
  const x = [...new Set(columns.flatMap((column) => column.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  return [
    x,
    ...columns.map((column) => {
      const y: (number | null | undefined)[] = Array.from({ length: x.length }); // undefined: join over it
      column.x.forEach((at, index) => {
        y[place.get(at) as number] = column.y[index] ?? null;
      });
      return y;
    }),
  ] as AlignedData;
}

function sameX(one: number[], other: number[]): boolean {
  return (
    one === other || (one.length === other.length && one.every((value, index) => value === other[index]))
  );
}

/** The value of a line at `index`, or, between two of its own points, the one before; a gap of its own is null. */
export function valueAt(
  line: readonly (number | null | undefined)[],
  index: number,
): number | null | undefined {
  if (line[index] !== undefined) return line[index];
  const endsBefore = line.findLastIndex((value) => value !== undefined) < index;
  return endsBefore ? undefined : line.slice(0, index).findLast((value) => value !== undefined);
}
