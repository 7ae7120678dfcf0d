import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../format.ts";

type Fact = [name: string, value: ComponentChildren];

const firstShown = 40;

/** Named values, one a line, the first of them where there are very many. Facts without a value are left out. */
export function Facts({ facts }: { facts: Fact[] }) {
  const [all, setAll] = useState(false);
  const told = facts.filter(([, value]) => value !== undefined && value !== "" && value !== null);
  return (
    <>
      <dl class="facts">
        {told.slice(0, all ? told.length : firstShown).map(([name, value]) => (
          <div key={name}>
            <dt title={name}>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!all && told.length > firstShown && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          Show {formatCount(told.length - firstShown, "more", "more")}
        </button>
      )}
    </>
  );
}

/** A titled group of facts in the side column. */
export function Panel({
  title,
  note,
  children,
}: {
  title: string;
  note?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel">
      <h2>
        {title}
        {note !== undefined && <span class="faint">{note}</span>}
      </h2>
      {children}
    </section>
  );
}
