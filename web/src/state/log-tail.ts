import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { type ApiError, addresses, send } from "../api.ts";
import { LogLines } from "../text/log-lines.ts";
import { LogPosition } from "../text/log-position.ts";
import { asApiError } from "./resource.ts";
import { pageVisible } from "./visible.ts";

const firstTail = 10_000;
const mostLines = 1_000_000;
const retryAfter = 2000;

/** The end of a job's log, growing while the job runs. */
export interface LogTail {
  lines: readonly string[];
  loaded: boolean;
  error: ApiError | undefined;
  /** How many bytes before the first line are not loaded; `loadEarlier` fetches eight times as many lines. */
  bytesBefore: number;
  loadEarlier: () => void;
}

interface Position {
  lines: LogLines;
  next: LogPosition;
  before: number;
  loaded: boolean;
}

const nothingRead = (): Position => ({
  lines: new LogLines(),
  next: new LogPosition(0),
  before: 0,
  loaded: false,
});

export function useLogTail(job: string, attempt: number | undefined, live: boolean): LogTail {
  const position = useRef(nothingRead());
  const [tailLines, setTailLines] = useState(firstTail);
  const [error, setError] = useState<ApiError>();
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const source = `${job} ${attempt} ${tailLines}`;
  const read = useRef(source);
  const visible = pageVisible.value;

  useEffect(() => {
    if (!visible) return;
    if (read.current !== source) position.current = nothingRead();
    read.current = source;
    const stop = new AbortController();
    const at = position.current;
    const run = async () => {
      if (!at.loaded) await readTail(at, job, attempt, tailLines, stop.signal);
      redraw(0);
      if (live) await follow(at, job, attempt, stop.signal, () => redraw(0));
    };
    const attemptRun = (): void => {
      run().then(
        () => setError(undefined),
        (cause) => {
          if (stop.signal.aborted) return;
          setError(asApiError(cause));
          setTimeout(() => stop.signal.aborted || attemptRun(), retryAfter);
        },
      );
    };
    attemptRun();
    return () => stop.abort();
  }, [source, job, attempt, tailLines, live, visible]);

  return {
    lines: position.current.lines.lines,
    loaded: position.current.loaded,
    error,
    bytesBefore: position.current.before,
    loadEarlier: () => setTailLines(Math.min(tailLines * 8, mostLines)),
  };
}

async function readTail(
  at: Position,
  job: string,
  attempt: number | undefined,
  tail: number,
  signal: AbortSignal,
) {
  const response = await send(addresses.log(job, { attempt, tail }), { signal });
  const bytes = new Uint8Array(await response.arrayBuffer());
  at.before = Number(response.headers.get("Orrery-Log-Offset"));
  at.next = new LogPosition(at.before);
  at.next.take(bytes);
  at.lines.push(bytes);
  at.loaded = true;
}

async function follow(
  at: Position,
  job: string,
  attempt: number | undefined,
  signal: AbortSignal,
  grown: () => void,
) {
  const address = addresses.log(job, { attempt, offset: at.next.offset, follow: "true" });
  const response = await send(address, { signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let frame = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    at.lines.push(value);
    at.next.take(value);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(grown);
  }
}
