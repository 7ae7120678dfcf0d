import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { type ApiError, addresses, send } from "../api.ts";
import { LogLines } from "../text/log-lines.ts";
import { asApiError } from "./resource.ts";
import { pageVisible } from "./visible.ts";

const firstTail = 1 << 20;
const retryAfter = 2000;

/** The end of a job's log, growing while the job runs. */
export interface LogTail {
  lines: readonly string[];
  loaded: boolean;
  error: ApiError | undefined;
  /** How many bytes before the first line are not loaded; `loadEarlier` fetches eight times as much. */
  bytesBefore: number;
  loadEarlier: () => void;
}

interface Position {
  lines: LogLines;
  next: number;
  before: number;
  loaded: boolean;
}

const nothingRead = (): Position => ({ lines: new LogLines(), next: 0, before: 0, loaded: false });

export function useLogTail(job: string, attempt: number | undefined, live: boolean): LogTail {
  const position = useRef(nothingRead());
  const [tailBytes, setTailBytes] = useState(firstTail);
  const [error, setError] = useState<ApiError>();
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const source = `${job} ${attempt} ${tailBytes}`;
  const read = useRef(source);
  const visible = pageVisible.value;

  useEffect(() => {
    if (!visible) return;
    if (read.current !== source) position.current = nothingRead();
    read.current = source;
    const stop = new AbortController();
    const at = position.current;
    const run = async () => {
      if (!at.loaded) await readTail(at, job, attempt, tailBytes, stop.signal);
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
  }, [source, job, attempt, tailBytes, live, visible]);

  return {
    lines: position.current.lines.lines,
    loaded: position.current.loaded,
    error,
    bytesBefore: position.current.before,
    loadEarlier: () => setTailBytes(tailBytes * 8),
  };
}

async function readTail(
  at: Position,
  job: string,
  attempt: number | undefined,
  size: number,
  signal: AbortSignal,
) {
  const response = await fetch(addresses.log(job, { attempt }), {
    signal,
    headers: { Range: `bytes=-${size}` },
  });
  if (response.status !== 416) {
    if (!response.ok) await send(addresses.log(job, { attempt }), { signal });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const from = Number(/bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? 0);
    // A tail that begins inside a line begins with the next whole one.
    const skip = from > 0 ? bytes.indexOf(10) + 1 : 0;
    at.lines.push(bytes.subarray(skip));
    at.before = from + skip;
    at.next = from + bytes.length;
  }
  at.loaded = true;
}

async function follow(
  at: Position,
  job: string,
  attempt: number | undefined,
  signal: AbortSignal,
  grown: () => void,
) {
  const address = addresses.log(job, { attempt, offset: at.next, follow: "true" });
  const response = await send(address, { signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let frame = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    at.lines.push(value);
    at.next += value.length;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(grown);
  }
}
