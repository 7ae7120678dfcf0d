import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useRowsInView } from "./rows.ts";

const rowHeight = 37;

export interface Column<T> {
  name: string;
  title: ComponentChildren;
  width: number;
  /** Takes what room the other columns leave; `width` is its least. */
  grows?: boolean;
  numeric?: boolean;
  cell: (row: T) => ComponentChildren;
  /** How the column is sorted now, and what a click on its head asks for; a column without cannot be sorted. */
  sort?: { now: "ascending" | "descending" | "none"; next: () => void };
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  /** Called when the end comes into view, as long as there is more to load. */
  onEnd: (() => void) | undefined;
}

/** A table of any length in its own scrolling frame: only rows in view exist, columns keep their widths. */
export function Table<T>({ label, columns, rows, rowKey, onEnd }: Props<T>) {
  const { scroller, window } = useRowsInView<HTMLDivElement>(rows.length, rowHeight);
  const atEnd = rows.length > 0 && window.last >= rows.length;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, rows.length]);
  // Where no column takes the room that is left, an empty one at the end does.
  const filled = columns.some((column) => column.grows);
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section class="table-frame" ref={scroller} tabIndex={0} aria-label={label}>
      <table style={{ minWidth: `${width}px` }} aria-rowcount={rows.length}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.name} style={{ width: column.grows ? "auto" : `${column.width}px` }} />
          ))}
          {!filled && <col />}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.name} column={column} />
            ))}
            {!filled && <td class="filler" />}
          </tr>
        </thead>
        <tbody>
          {window.above > 0 && <tr class="stand-in" style={{ height: `${window.above}px` }} />}
          {rows.slice(window.first, window.last).map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.name} class={column.numeric ? "numeric" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
              {!filled && <td />}
            </tr>
          ))}
          {window.below > 0 && <tr class="stand-in" style={{ height: `${window.below}px` }} />}
        </tbody>
      </table>
    </section>
  );
}

function Head<T>({ column }: { column: Column<T> }) {
  const { sort } = column;
  const arrow = sort?.now === "ascending" ? "↑" : sort?.now === "descending" ? "↓" : "";
  return (
    <th scope="col" class={column.numeric ? "numeric" : undefined} aria-sort={sort?.now}>
      {sort ? (
        <button type="button" class="head" title={column.name} onClick={sort.next}>
          <span>{column.title}</span>
          <i aria-hidden="true">{arrow}</i>
        </button>
      ) : (
        <span title={column.name}>{column.title}</span>
      )}
    </th>
  );
}
