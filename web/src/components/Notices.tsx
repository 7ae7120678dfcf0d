import type { ComponentChildren } from "preact";
import type { ApiError } from "../api.ts";
import { Copyable } from "./Copyable.tsx";

/** Says that there is nothing yet, and which command changes that. */
export function Empty({
  title,
  children,
  commands = [],
}: {
  title: string;
  children?: ComponentChildren;
  commands?: string[];
}) {
  return (
    <div class="empty">
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <circle cx="24" cy="24" r="20" />
        <circle cx="24" cy="24" r="11" />
        <circle cx="24" cy="24" r="3.5" class="body" />
        <circle cx="38.1" cy="9.9" r="2.5" class="body" />
      </svg>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {commands.map((command) => (
        <Copyable key={command} text={command} />
      ))}
    </div>
  );
}

/** Says what went wrong in the server's words, and offers to try again. */
export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <span>{error.message}</span>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Stands where data will be; shows itself only when that takes a while. */
export function Loading() {
  return (
    <div class="loading" role="status">
      Loading
    </div>
  );
}
