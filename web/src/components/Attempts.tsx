import { addresses } from "../api.ts";
import { formatBytes, formatDuration, shortId } from "../format.ts";
import type { Attempt } from "../wire.ts";
import { Facts } from "./Facts.tsx";
import { isLive, Status } from "./Status.tsx";
import { Ago, Duration } from "./Time.tsx";

/** A job's executions, the latest first: how each ended, what held it, what it used, and the last that it wrote. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const latest = attempts.at(-1);
  return (
    <ol class="attempts" reversed>
      {attempts.toReversed().map((attempt) => (
        <li key={attempt.number}>
          <details open={attempt === latest}>
            <summary>
              <span class="timeline-head">
                <Status state={attempt.state} />
                <span class="faint numbers">
                  <Duration from={attempt.started_at} to={attempt.ended_at} />
                </span>
              </span>
              <span class="attempt-outcome">{outcomeText(attempt)}</span>
            </summary>
            <AttemptFacts attempt={attempt} />
            {attempt.log_tail && attempt.state === "FAILED" && (
              <pre class="snippet tail">{attempt.log_tail.trimEnd()}</pre>
            )}
          </details>
        </li>
      ))}
    </ol>
  );
}

/** "Attempt 2: out of memory, signal 9". */
function outcomeText({ number, cause, exit_code, signal }: Attempt): string {
  const parts = [
    cause && cause !== "exited" ? cause.replaceAll("_", " ") : undefined,
    exit_code !== undefined ? `exit code ${exit_code}` : undefined,
    signal !== undefined ? `signal ${signal}` : undefined,
  ].filter(Boolean);
  return `Attempt ${number}${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}

function AttemptFacts({ attempt }: { attempt: Attempt }) {
  const { environment, max_rss_bytes, cpu_seconds } = attempt;
  return (
    <Facts
      facts={[
        ["On", attempt.host],
        ["Began", attempt.started_at && <Ago at={attempt.started_at} />],
        ["Ended", attempt.ended_at && <Ago at={attempt.ended_at} />],
        ["Held by", attempt.enforcement],
        ["Supervisor", isLive(attempt.state) ? attempt.supervisor_pid : undefined],
        ["Memory, at most", max_rss_bytes ? formatBytes(max_rss_bytes) : undefined],
        ["Processor time", cpu_seconds === undefined ? undefined : formatDuration(cpu_seconds * 1000)],
        [
          "Environment",
          environment && (
            <a href={addresses.content(environment)} title={environment}>
              {shortId(environment)}
            </a>
          ),
        ],
      ]}
    />
  );
}
