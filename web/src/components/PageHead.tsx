import type { ComponentChildren } from "preact";
import type { JobState, RunStatus } from "../wire.ts";
import { Status } from "./Status.tsx";

interface Props {
  /** The list that the page belongs to, as name and address. */
  above: readonly [name: string, href: string];
  title: string;
  state: JobState | RunStatus;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}

/** The head of a page about one thing: where it belongs, what it is called, how it stands, and a line of facts. */
export function PageHead({ above, title, state, children, actions }: Props) {
  return (
    <header class="page-head">
      <a class="above" href={above[1]}>
        {above[0]}
      </a>
      <div class="title-row">
        <h1>{title}</h1>
        <Status state={state} />
        <span class="spring" />
        {actions}
      </div>
      <div class="head-facts">{children}</div>
    </header>
  );
}

/** A small named value in the head of a page. */
export function HeadFact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <span class="head-fact">
      <span class="faint">{name}</span> {children}
    </span>
  );
}
