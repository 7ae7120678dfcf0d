// How values are written. Pure: the same value gives the same text, and widths stay steady while values move.

const minus = "\u2212";
export const nothing = "\u2013";

/** Writes a measured value with four or five significant digits, in powers of ten where plain digits would be long. */
export function formatNumber(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return nothing;
  if (typeof value === "string") return value.replace("-", minus).replace("Infinity", "\u221e");
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : `${minus}\u221e`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) {
    const [digits, exponent] = value.toExponential(3).split("e") as [string, string];
    return `${digits}e${exponent.replace("+", "")}`.replaceAll("-", minus);
  }
  if (Number.isInteger(value)) return groupThousands(value);
  const decimals = Math.max(
    0,
    size < 0.1 ? 3 - Math.floor(Math.log10(size)) : 4 - Math.floor(Math.log10(size)),
  );
  return groupThousands(value, decimals);
}

function groupThousands(value: number, decimals = 0): string {
  return value
    .toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    .replace("-", minus);
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${groupThousands(count)} ${count === 1 ? one : many}`;
}

const bytesUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < bytesUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
  return `${text} ${bytesUnits[unit]}`;
}

/** Writes a span of time with its two largest units: "4.2 s", "3 m 07 s", "2 h 05 m", "3 d 04 h". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor(whole / 60) % 60)} m`;
  return `${Math.floor(whole / 86400)} d ${pad(Math.floor(whole / 3600) % 24)} h`;
}

/** Writes how long ago `then` was: "now", "12 s ago", "5 m ago", "3 h ago", "2 d ago", then the date. */
export function formatAgo(then: number, now: number): string {
  const seconds = Math.floor((now - then) / 1000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  const date = new Date(then);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** Writes an instant exactly, in the reader's zone, with the zone named. */
export function formatExact(then: number): string {
  const date = new Date(then);
  const zone = -date.getTimezoneOffset();
  const offset = `${zone < 0 ? minus : "+"}${pad(Math.floor(Math.abs(zone) / 60))}:${pad(Math.abs(zone) % 60)}`;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${formatClock(then)} UTC${offset}`;
}

export function formatClock(then: number): string {
  const date = new Date(then);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Shortens a digest or id to its first eight characters after any "algorithm:" mark. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(":") + 1).slice(0, 8);
}

/** What to call a run: its name, or its id where it was given none. */
export function runTitle({ name, id }: { name: string; id: string }): string {
  return name || shortId(id);
}

/** Writes an argument vector as one would type it in a shell. */
export function formatCommand(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
