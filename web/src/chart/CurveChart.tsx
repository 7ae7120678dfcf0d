import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { api } from "../api.ts";
import { Problem } from "../components/Notices.tsx";
import { formatCount, formatDuration, formatExact, formatNumber, runTitle } from "../format.ts";
import { usePolling, useResource } from "../state/resource.ts";
import type { Curve, Run, XAxis } from "../wire.ts";
import { useInView } from "./in-view.ts";
import type { Range } from "./options.ts";
import { plot, type View, valueAt } from "./series.ts";
import { formatPosition } from "./ticks.ts";
import { usePlot } from "./use-plot.ts";

const pollEvery = 2000;

interface Props {
  metric: string;
  runs: readonly Run[];
  axis: XAxis;
  range: Range | undefined;
  view: View;
  onZoom: (range: Range | undefined) => void;
}

/** One metric's curves. The chart exists only while it is on the screen; its place on the page is always the same size. */
export function CurveChart(props: Props) {
  const { element, inView } = useInView<HTMLElement>();
  return (
    <figure class="chart" ref={element}>
      {inView ? (
        <MountedChart {...props} width={element.current?.clientWidth ?? 400} />
      ) : (
        <figcaption>{props.metric}</figcaption>
      )}
    </figure>
  );
}

function MountedChart({ metric, runs, axis, range, view, onZoom, width }: Props & { width: number }) {
  const ids = runs.map((run) => run.id);
  const asked = {
    run: ids,
    metric: [metric],
    x: axis,
    from: range?.from,
    to: range?.to,
    width: Math.ceil(width / 50) * 50,
  };
  const curves = useResource(JSON.stringify(asked), async (signal) => {
    const found = await api.curves(asked, signal);
    return ids.map((id) => found.find((curve) => curve.run_id === id) ?? noPoints(id, metric));
  });
  usePolling(
    curves.refresh,
    pollEvery,
    runs.some((run) => run.status === "RUNNING"),
  );
  return (
    <>
      {curves.data && (
        <Drawing
          metric={metric}
          runs={runs}
          axis={axis}
          range={range}
          view={view}
          onZoom={onZoom}
          curves={curves.data}
        />
      )}
      {!curves.data && <figcaption>{metric}</figcaption>}
      {curves.error && !curves.data && <Problem error={curves.error} retry={curves.refresh} />}
    </>
  );
}

function Drawing({ metric, runs, axis, range, view, onZoom, curves }: Props & { curves: Curve[] }) {
  const { smoothing, logScale } = view;
  const made = useMemo(() => plot(curves, { smoothing, logScale }), [curves, smoothing, logScale]);
  const cursor = useSignal<number | null>(null);
  const nonFinite = useMemo(() => curves.flatMap((curve) => curve.non_finite), [curves]);
  const host = usePlot(made, {
    axis,
    logScale,
    crosshair: `curves ${axis}`,
    latest: () => ({ range, nonFinite }),
    onZoom,
    onCursor: (index) => {
      cursor.value = index;
    },
  });
  const lines = made.series.flatMap(({ raw }, index) =>
    raw ? [] : [made.data[index + 1] as (number | null)[]],
  );
  const x = made.data[0];
  const at = cursor.value;
  const place = at === null || at >= x.length ? undefined : at;
  const values = lines.map((line) => (place === undefined ? lastOf(line) : valueAt(line, place)));
  const empty = curves.every((curve) => curve.total === 0);
  return (
    <>
      <figcaption>
        <span class="metric" title={metric}>
          {metric}
        </span>
        {place !== undefined && <span class="faint">{formatMoment(axis, x[place] as number)}</span>}
        {runs.length === 1 && <output>{formatNumber(values[0])}</output>}
      </figcaption>
      <div class="canvas" ref={host} />
      {empty && <p class="over faint">No points in this range</p>}
      <p class="chart-notes">
        {runs.length > 1 &&
          runs.map((run, index) => (
            <span key={run.id} class="legend" title={runTitle(run)}>
              <i class={`swatch curve-${(index % 6) + 1}`} /> <output>{formatNumber(values[index])}</output>
            </span>
          ))}
        <Notes made={made} curves={curves} />
      </p>
    </>
  );
}

/** Stands for a run without the metric, so that the others keep their colours. */
function noPoints(run_id: string, metric: string): Curve {
  return { run_id, metric, total: 0, exact: true, points: [], non_finite: [] };
}

/** Writes where the crosshair stands. */
function formatMoment(axis: XAxis, at: number): string {
  if (axis === "step") return `step ${formatPosition(axis, at, 0)}`;
  return axis === "relative" ? formatDuration(at * 1000) : formatExact(at).slice(5, 19);
}

function Notes({ made, curves }: { made: ReturnType<typeof plot>; curves: Curve[] }) {
  const total = curves.reduce((sum, curve) => sum + curve.total, 0);
  const notes = [
    made.notFinite > 0 && `${formatCount(made.notFinite, "point")} not finite`,
    made.notPositive > 0 && `${formatCount(made.notPositive, "point")} not positive`,
    made.smoothingRefused &&
      `not smoothed: ${formatCount(total, "point")} are reduced to what fits, zoom in to smooth`,
  ].filter(Boolean);
  return <>{notes.join(" · ")}</>;
}

function lastOf(line: readonly (number | null)[]): number | null | undefined {
  return line.findLast((value) => value !== null && value !== undefined);
}
