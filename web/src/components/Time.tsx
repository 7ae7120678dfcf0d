import { formatAgo, formatDuration, formatExact, nothing } from "../format.ts";
import { now } from "../state/clock.ts";

/** How long ago something happened; the exact time on hover. */
export function Ago({ at }: { at: string | undefined }) {
  if (!at) return <span class="faint">{nothing}</span>;
  const then = Date.parse(at);
  return (
    <time dateTime={at} title={formatExact(then)}>
      {formatAgo(then, now.value)}
    </time>
  );
}

/** How long something took, or has taken until now. */
export function Duration({ from, to }: { from: string | undefined; to: string | undefined }) {
  if (!from) return <span class="faint">{nothing}</span>;
  const end = to ? Date.parse(to) : now.value;
  return <span title={to ? formatExact(end) : undefined}>{formatDuration(end - Date.parse(from))}</span>;
}
