import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { themeTurn } from "../state/theme.ts";
import { type ChartSpec, type Colors, chartOptions } from "./options.ts";
import type { Plot } from "./series.ts";

const height = 200;

/** What a chart needs besides its data and what it takes from the page (size and colours). */
export type PlotSpec = Omit<ChartSpec, "width" | "height" | "colors" | "series">;

/** Keeps a canvas chart in the element that the returned reference is given to. New data is drawn without building anew. */
export function usePlot(made: Plot, spec: PlotSpec) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const newest = useRef(spec);
  newest.current = spec;
  const shape = JSON.stringify([made.series, spec.axis, spec.logScale, spec.crosshair, themeTurn.value]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const options = chartOptions({
      ...spec,
      width: element.clientWidth,
      height,
      series: made.series,
      colors: readColors(element),
      latest: () => newest.current.latest(),
      onZoom: (range) => newest.current.onZoom(range),
      onCursor: (index) => newest.current.onCursor(index),
    });
    const plot = new uPlot(options, made.data, element);
    chart.current = plot;
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      plot.destroy();
      chart.current = undefined;
    };
  }, [shape]);

  useEffect(() => {
    const plot = chart.current;
    if (!plot) return;
    const draw = () => plot.setData(made.data);
    // New points must not tear away the range that is being drawn with the mouse.
    if (!plot.over.matches(":active")) return draw();
    document.addEventListener("mouseup", draw, { once: true });
    return () => document.removeEventListener("mouseup", draw);
  }, [made]);

  return host;
}

/** A canvas knows no custom properties: lets the style engine work the colours out. */
function readColors(element: HTMLElement): Colors {
  const probe = element.appendChild(document.createElement("i"));
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colors = {
    text: read("ink-faint"),
    grid: read("line-faint"),
    warning: read("warning"),
    lines: [1, 2, 3, 4, 5, 6].map((index) => read(`curve-${index}`)),
  };
  probe.remove();
  return colors;
}
