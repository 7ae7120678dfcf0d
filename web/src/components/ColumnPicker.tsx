import { useState } from "preact/hooks";
import type { ChosenColumn } from "../pages/run-columns.ts";
import { Popover } from "./Popover.tsx";

interface Props {
  known: (ChosenColumn & { runs: number })[];
  chosen: readonly ChosenColumn[];
  onChange: (columns: readonly string[] | undefined) => void;
}

const mostShown = 200;

/** Chooses the columns of the runs table among all metrics, parameters and tags that the listed runs have. */
export function ColumnPicker({ known, chosen, onChange }: Props) {
  const [search, setSearch] = useState("");
  const names = chosen.map(({ name }) => name);
  const listed = [...chosen.filter(({ name }) => !known.some((column) => column.name === name)), ...known];
  const found = listed.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  const toggle = (name: string) =>
    onChange(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);
  return (
    <Popover label="Columns">
      <input
        type="search"
        placeholder="Find a metric, parameter or tag"
        aria-label="Find a column"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <ul class="picker">
        {found.slice(0, mostShown).map(({ name, kind, key }) => (
          <li key={name}>
            <label class="check">
              <input type="checkbox" checked={names.includes(name)} onChange={() => toggle(name)} />
              <span>{key}</span>
              <span class="faint">{kind.slice(0, -1)}</span>
            </label>
          </li>
        ))}
      </ul>
      {found.length > mostShown && <p class="faint">{found.length - mostShown} more: narrow the search.</p>}
      {found.length === 0 && <p class="faint">None of the listed runs has it.</p>}
      <button type="button" onClick={() => onChange(undefined)}>
        The usual ones
      </button>
    </Popover>
  );
}
