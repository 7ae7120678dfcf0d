import { Choice } from "../components/Choice.tsx";
import { Empty } from "../components/Notices.tsx";
import { query, setQuery } from "../state/location.ts";
import type { Run, XAxis } from "../wire.ts";
import { CurveChart } from "./CurveChart.tsx";
import type { Range } from "./options.ts";
import { isOfTheSystem, sections } from "./sections.ts";

const axes = [
  ["step", "Step"],
  ["relative", "Relative"],
  ["wall", "Wall"],
] as const;

function readView() {
  const q = query.value;
  const axis = axes.find(([name]) => name === q.get("x"))?.[0] ?? "step";
  const [from, to] = [q.get("from"), q.get("to")];
  const range = from && to && Number(from) < Number(to) ? { from: Number(from), to: Number(to) } : undefined;
  const smoothing = Math.min(0.99, Math.max(0, Number(q.get("smooth")) || 0));
  return { axis, range, search: q.get("metric") ?? "", view: { smoothing, logScale: q.get("y") === "log" } };
}

function setRange(range: Range | undefined) {
  // Six digits beyond the distance are finer than a pixel, and keep the address short.
  const digits = range ? Math.max(0, 4 - Math.floor(Math.log10(range.to - range.from))) : 0;
  setQuery({ from: range?.from.toFixed(digits), to: range?.to.toFixed(digits) }, true);
}

/** All curves of the given runs, with one view for all charts: axis, zoom, smoothing and scale live in the address. */
export function Curves({ runs }: { runs: readonly Run[] }) {
  const { axis, range, search, view } = readView();
  const metrics = [
    ...new Map(runs.flatMap((run) => run.metrics).map((metric) => [metric.key, metric])).values(),
  ];
  const groups = sections(metrics, search);
  const own = groups.filter(({ metrics: [first = ""] }) => !isOfTheSystem(first));
  const ofTheSystem = groups.filter((group) => !own.includes(group));
  if (groups.length === 0 && !search) return <NoCurves runs={runs} />;
  const charts = (keys: readonly string[]) => (
    <div class="chart-grid">
      {keys.map((metric) => (
        <CurveChart
          key={metric}
          metric={metric}
          runs={runs}
          axis={axis}
          range={range}
          view={view}
          onZoom={setRange}
        />
      ))}
    </div>
  );
  return (
    <div class="curves">
      <div class="toolbar">
        <Choice<XAxis>
          name="x"
          value={axis}
          options={axes}
          onChange={(x) => setQuery({ x: x === "step" ? undefined : x, from: undefined, to: undefined })}
        />
        <label class="slider">
          Smoothing
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={view.smoothing}
            onInput={(event) =>
              setQuery({ smooth: Number(event.currentTarget.value) ? event.currentTarget.value : undefined })
            }
          />
          <output>{view.smoothing.toFixed(2)}</output>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={view.logScale}
            onChange={(event) => setQuery({ y: event.currentTarget.checked ? "log" : undefined })}
          />
          Log scale
        </label>
        {range && (
          <button type="button" onClick={() => setRange(undefined)}>
            Reset zoom
          </button>
        )}
        <span class="spring" />
        <input
          type="search"
          placeholder="Find a metric"
          aria-label="Find a metric"
          value={search}
          onInput={(event) => setQuery({ metric: event.currentTarget.value })}
        />
      </div>
      {groups.length === 0 && <p class="faint">No metric holds “{search}”.</p>}
      {own.length === 0 && !search && <NoCurves runs={runs} />}
      {own.map(({ title, metrics: keys }) => (
        <section key={title}>
          {title && <h2 class="chart-section">{title}</h2>}
          {charts(keys)}
        </section>
      ))}
      {ofTheSystem.length > 0 && (
        <details
          class="system"
          open={query.value.get("system") === "open" || search !== ""}
          onToggle={(event) => {
            if (search === "") setQuery({ system: event.currentTarget.open ? "open" : undefined });
          }}
        >
          <summary>
            System<span class="faint">what the job used</span>
          </summary>
          {charts(ofTheSystem.flatMap(({ metrics: keys }) => keys))}
        </details>
      )}
    </div>
  );
}

function NoCurves({ runs }: { runs: readonly Run[] }) {
  if (runs.some((run) => run.metrics.some(({ key }) => !isOfTheSystem(key))))
    return <Empty title="No curves">Each metric of this run has one value; they stand beside.</Empty>;
  if (runs.some((run) => run.status === "RUNNING" || run.status === "SCHEDULED"))
    return <Empty title="No metrics yet">Curves appear here as soon as the script logs a metric.</Empty>;
  return (
    <Empty title="No metrics" commands={['mlflow.log_metric("loss", loss, step=epoch)']}>
      This run logged none. In a script, one call a step draws a curve here:
    </Empty>
  );
}
