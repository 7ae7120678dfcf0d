import { useEffect, useState } from "preact/hooks";
import { type Resource, useResource } from "./resource.ts";

const pageSize = 100;
const largestPage = 1000;

export interface PageOf<T> {
  items: T[];
  next: string | undefined;
}

/** The first rows of a list on the server. */
export interface Pages<T> extends Resource<PageOf<T>> {
  /** Asks for twice as many rows. */
  more: () => void;
}

/** Loads a list from its start, page by page, up to the number of rows asked for so far: every refresh is one whole. */
export function usePages<T>(
  key: string,
  load: (limit: number, token: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
): Pages<T> {
  const [rows, setRows] = useState({ key, count: pageSize });
  const count = rows.key === key ? rows.count : pageSize;
  useEffect(() => {
    setRows((before) => (before.key === key ? before : { key, count: pageSize }));
  }, [key]);
  const resource = useResource(`${key} ${count}`, async (signal) => {
    const items: T[] = [];
    let next: string | undefined;
    do {
      const page = await load(Math.min(largestPage, count - items.length), next, signal);
      items.push(...page.items);
      next = page.next;
    } while (next && items.length < count);
    return { items, next };
  });
  return { ...resource, more: () => setRows({ key, count: count * 2 }) };
}
