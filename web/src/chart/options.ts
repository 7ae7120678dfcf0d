import type uPlot from "uplot";
import type { Curve, XAxis } from "../wire.ts";
import { formatPosition, formatTick, increments } from "./ticks.ts";

export interface Range {
  from: number;
  to: number;
}

export interface Colors {
  text: string;
  grid: string;
  warning: string;
  lines: string[];
}

/** What the chart is made from. What changes while it lives is read through `latest`. */
export interface ChartSpec {
  width: number;
  height: number;
  axis: XAxis;
  logScale: boolean;
  series: { curve: number; raw: boolean }[];
  colors: Colors;
  /** Charts with the same name share their crosshair. */
  crosshair: string;
  latest: () => { range: Range | undefined; nonFinite: Curve["non_finite"] };
  onZoom: (range: Range | undefined) => void;
  onCursor: (index: number | null) => void;
}

/** Turns the spec into uPlot's own options. */
export function chartOptions(spec: ChartSpec): uPlot.Options {
  const { colors, axis } = spec;
  const font = '11px ui-sans-serif, system-ui, "Segoe UI", "Liberation Sans", sans-serif';
  const line = { font, stroke: colors.text, grid: { stroke: colors.grid, width: 1 }, ticks: { show: false } };
  return {
    width: spec.width,
    height: spec.height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: true, y: false, setScale: false },
      sync: { key: spec.crosshair, setSeries: false, scales: ["x", null] },
      bind: {
        dblclick: () => () => {
          spec.onZoom(undefined);
          return null;
        },
      },
    },
    scales: {
      x: { time: false, range: (_, min, max) => xRange(spec.latest().range, min, max) },
      y: spec.logScale ? { distr: 3 } : {},
    },
    axes: [
      {
        ...line,
        size: 28,
        gap: 6,
        incrs: increments[axis],
        values: (plot, splits) =>
          splits.map((at) => formatPosition(axis, at, (plot.scales.x?.max ?? 0) - (plot.scales.x?.min ?? 0))),
      },
      {
        ...line,
        size: 52,
        gap: 6,
        space: 32,
        values: (_, splits, __, ___, increment) =>
          splits.map((at) => (at === null ? "" : formatTick(at, increment))),
      },
    ],
    series: [
      {},
      ...spec.series.map(({ curve, raw }) => {
        const color = colors.lines[curve % colors.lines.length] as string;
        return {
          stroke: raw ? fade(color) : color,
          width: raw ? 1 : 1.5,
          ...(raw && { points: { show: false } }),
        };
      }),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 3) return;
          const from = plot.posToVal(plot.select.left, "x");
          const to = plot.posToVal(plot.select.left + plot.select.width, "x");
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          spec.onZoom({ from, to });
        },
      ],
      setCursor: [(plot) => spec.onCursor(plot.cursor.idx ?? null)],
      draw: [(plot) => markNonFinite(plot, spec.latest().nonFinite, colors.warning)],
    },
  };
}

function xRange(range: Range | undefined, min: number | null, max: number | null): [number, number] {
  if (range) return [range.from, range.to];
  if (min === null || max === null) return [0, 1];
  return min === max ? [min - 0.5, max + 0.5] : [min, max];
}

function fade(color: string): string {
  return `color-mix(in srgb, ${color} 28%, transparent)`;
}

/** Draws a cross for NaN at the top edge, and a wedge for an infinity at the edge towards which it lies. */
function markNonFinite(plot: uPlot, marks: Curve["non_finite"], color: string) {
  const { ctx, bbox } = plot;
  const size = 3 * devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.beginPath();
  for (const [at, kind] of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const y = kind === "-Infinity" ? bbox.top + bbox.height - size * 1.5 : bbox.top + size * 1.5;
    if (kind === "NaN") {
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
    } else {
      const tip = kind === "Infinity" ? -size : size;
      ctx.moveTo(x - size, y - tip);
      ctx.lineTo(x, y + tip);
      ctx.lineTo(x + size, y - tip);
    }
  }
  ctx.stroke();
  ctx.restore();
}
