import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api.ts";
import type { StreamMessage } from "./event-stream.ts";
import { listen } from "./live.ts";
import { pageVisible } from "./visible.ts";

/** What a page knows of something on the server. Old data stays while newer is fetched and when fetching fails. */
export interface Resource<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  refresh: () => void;
}

interface Known<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
}

/** Loads again whenever `key` changes or refresh is called; an answer that was overtaken is dropped. */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [known, setKnown] = useState<Known<T>>({ data: undefined, error: undefined, loading: true });
  const [turn, setTurn] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  useEffect(() => {
    const stop = new AbortController();
    setKnown((before) => ({ ...before, loading: true }));
    loader.current(stop.signal).then(
      (data) => stop.signal.aborted || setKnown({ data, error: undefined, loading: false }),
      (cause) =>
        stop.signal.aborted ||
        setKnown((before) => ({ ...before, error: asApiError(cause), loading: false })),
    );
    return () => stop.abort();
  }, [key, turn]);
  const [refresh] = useState(() => () => setTurn((last) => last + 1));
  return { ...known, refresh };
}

export function asApiError(cause: unknown): ApiError {
  return cause instanceof ApiError ? cause : new ApiError("internal", String(cause));
}

/** Refreshes when an event matches, at most twice a second, and after a gap in the stream. */
export function useLiveRefresh(refresh: () => void, matches: (event: StreamMessage) => boolean) {
  const matcher = useRef(matches);
  matcher.current = matches;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = listen((event) => {
      if (timer || (event !== "resumed" && !matcher.current(event))) return;
      timer = setTimeout(() => {
        timer = undefined;
        refresh();
      }, 500);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [refresh]);
}

/** Refreshes every `interval` milliseconds while `active` and the page is seen. */
export function usePolling(refresh: () => void, interval: number, active: boolean) {
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => pageVisible.value && refresh(), interval);
    return () => clearInterval(timer);
  }, [refresh, interval, active]);
}
