import { formatDuration } from "../format.ts";
import { now } from "../state/clock.ts";
import type { Job, Transition } from "../wire.ts";
import { isLive, Status } from "./Status.tsx";
import { Ago } from "./Time.tsx";

/** Every state that the job went through: when, why, and how long it stayed. */
export function Timeline({ job }: { job: Job }) {
  return (
    <ol class="timeline">
      {job.transitions.map((transition, index) => (
        <li key={`${transition.at} ${transition.state}`}>
          <div class="timeline-head">
            <Status state={transition.state} />
            <Stay from={transition} to={job.transitions[index + 1]} />
          </div>
          <p>
            {transition.cause} <Ago at={transition.at} />
          </p>
        </li>
      ))}
    </ol>
  );
}

function Stay({ from, to }: { from: Transition; to: Transition | undefined }) {
  if (!to && !isLive(from.state)) return null;
  const end = to ? Date.parse(to.at) : now.value;
  return <span class="faint numbers">{formatDuration(end - Date.parse(from.at))}</span>;
}
