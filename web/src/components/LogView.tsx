import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { addresses } from "../api.ts";
import { formatBytes, formatCount } from "../format.ts";
import { useLogTail } from "../state/log-tail.ts";
import { findLines } from "../text/log-lines.ts";
import { Problem } from "./Notices.tsx";
import { useRowsInView } from "./rows.ts";

const rowHeight = 20;
const longestShown = 5000;

interface Props {
  job: string;
  attempt?: number | undefined;
  live: boolean;
}

/** A job's log: follows its end until the reader scrolls away, holds its place then, and can be searched. */
export function LogView({ job, attempt, live }: Props) {
  const tail = useLogTail(job, attempt, live);
  const { lines } = tail;
  const [search, setSearch] = useState("");
  const [current, setCurrent] = useState(0);
  const { scroller, window } = useRowsInView<HTMLDivElement>(lines.length, rowHeight);
  const [following, setFollowing] = useState(true);
  const count = lines.length;
  const hits = useMemo(() => findLines(lines.slice(0, count), search), [lines, count, search]);
  const hit = hits[Math.min(current, hits.length - 1)];

  useLayoutEffect(() => {
    if (following && count > 0) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  });
  useEffect(() => {
    if (hit === undefined || !scroller.current) return;
    setFollowing(false);
    scroller.current.scrollTo({ top: hit * rowHeight - scroller.current.clientHeight / 2 });
  }, [hit, scroller]);

  const onScroll = (event: Event) => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget as HTMLElement;
    setFollowing(scrollTop + clientHeight >= scrollHeight - 2);
  };
  const step = (by: number) => setCurrent((at) => (at + by + hits.length) % Math.max(1, hits.length));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  };

  return (
    <section class="log">
      <div class="log-bar">
        <input
          type="search"
          placeholder="Search the log"
          aria-label="Search the log"
          value={search}
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            setCurrent(0);
          }}
          onKeyDown={onKeyDown}
        />
        {search && (
          <span class="hits" role="status">
            {hits.length === 0 ? "Not found" : `${Math.min(current, hits.length - 1) + 1} of ${hits.length}`}
          </span>
        )}
        {search && hits.length > 1 && (
          <>
            <button type="button" onClick={() => step(-1)} aria-label="Previous hit">
              ↑
            </button>
            <button type="button" onClick={() => step(1)} aria-label="Next hit">
              ↓
            </button>
          </>
        )}
        <span class="spring" />
        {tail.bytesBefore > 0 && (
          <button type="button" onClick={tail.loadEarlier}>
            Load earlier ({formatBytes(tail.bytesBefore)} more)
          </button>
        )}
        <span class="faint">{formatCount(count, "line")}</span>
        <a class="button" href={addresses.log(job, { attempt })} download={`${job}.log`}>
          Download
        </a>
      </div>
      {tail.error && <Problem error={tail.error} />}
      <div
        class="log-lines"
        ref={scroller}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label="Log"
        aria-live="off"
      >
        {tail.loaded && count === 0 && (
          <p class="faint">
            {live ? "Nothing written yet. Lines appear here as they come." : "Nothing was written."}
          </p>
        )}
        <div style={{ height: `${window.above}px` }} />
        <pre>
          {lines.slice(window.first, window.last).map((line, index) => (
            <LogLine
              key={window.first + index}
              text={line.slice(0, longestShown)}
              search={search}
              current={window.first + index === hit}
            />
          ))}
        </pre>
        <div style={{ height: `${window.below}px` }} />
      </div>
      <div class="log-foot">
        {!following && count > 0 && (
          <button type="button" onClick={() => setFollowing(true)}>
            {live ? "Follow the end" : "To the end"} ↓
          </button>
        )}
      </div>
    </section>
  );
}

function LogLine({ text, search, current }: { text: string; search: string; current: boolean }) {
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  const parts: (string | preact.JSX.Element)[] = [];
  let from = 0;
  if (wanted !== "") {
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
      parts.push(text.slice(from, at), <mark>{text.slice(at, at + wanted.length)}</mark>);
      from = at + wanted.length;
    }
  }
  return (
    <div class={current ? "line current" : "line"}>
      {parts}
      {text.slice(from) || (parts.length ? "" : "\u200b")}
    </div>
  );
}
