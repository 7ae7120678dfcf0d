import type { ComponentChildren } from "preact";

type Fact = [name: string, value: ComponentChildren];

/** Named values, one a line. Facts without a value are left out. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== "" && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt title={name}>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
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
