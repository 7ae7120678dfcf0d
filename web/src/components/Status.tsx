import type { JobState, RunStatus } from "../wire.ts";

type Kind = "waiting" | "starting" | "running" | "succeeded" | "failed" | "cancelled";

const kinds: Record<JobState | RunStatus, Kind> = {
  PENDING: "waiting",
  QUEUED: "waiting",
  SCHEDULED: "waiting",
  STARTING: "starting",
  RUNNING: "running",
  SUCCEEDED: "succeeded",
  FINISHED: "succeeded",
  FAILED: "failed",
  CANCELLED: "cancelled",
  KILLED: "cancelled",
};

const shapes: Record<Kind, preact.JSX.Element> = {
  waiting: <circle cx="8" cy="8" r="5.5" stroke-dasharray="2.2 2.12" />,
  starting: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" class="solid" />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="5.5" opacity="0.3" />
      <path d="M8 2.5A5.5 5.5 0 0 1 13.5 8" class="turning" />
    </>
  ),
  succeeded: (
    <>
      <circle cx="8" cy="8" r="6.25" class="solid" />
      <path d="m5.2 8.3 2 1.9 3.6-4.2" class="cut" />
    </>
  ),
  failed: (
    <>
      <rect x="2.2" y="2.2" width="11.6" height="11.6" rx="2" class="solid" />
      <path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6" class="cut" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m4.2 11.8 7.6-7.6" />
    </>
  ),
};

/** A state by shape, word and colour, so that none of them has to be seen for the others to tell it. */
export function Status({ state }: { state: JobState | RunStatus }) {
  const kind = kinds[state];
  return (
    <span class={`status ${kind}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {shapes[kind]}
      </svg>
      {state.charAt(0) + state.slice(1).toLowerCase()}
    </span>
  );
}

/** Whether a job or run in this state can still change. */
export function isLive(state: JobState | RunStatus): boolean {
  return ["waiting", "starting", "running"].includes(kinds[state]);
}
