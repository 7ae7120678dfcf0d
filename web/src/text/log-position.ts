const begin = "\n[orrery: ";
const someEnd = " bytes of this log were dropped]\n";
const rest = "the rest of this log was dropped: where it lies a file gives no space back]\n";
const longest = begin.length + rest.length;
const behindAll = Number.MAX_SAFE_INTEGER;

/**
 * Counts where in a log a reader stands who gets its bytes, from an offset on, with lines in between that say how many
 * bytes were dropped there. The server's `log_notice.h` writes them, and counts the same way.
 */
export class LogPosition {
  offset: number;
  private readonly decoder = new TextDecoder("latin1");
  private held = "";

  constructor(offset: number) {
    this.offset = offset;
  }

  take(bytes: Uint8Array) {
    this.offset += bytes.length;
    this.held += this.decoder.decode(bytes, { stream: true });
    let at = this.held.indexOf("\n");
    while (at >= 0) {
      const end = this.held.indexOf("\n", at + 1);
      const line = this.held.slice(at, end < 0 ? at + longest : end + 1);
      if (end < 0 && line.length < longest && begin.startsWith(line.slice(0, begin.length))) {
        this.held = this.held.slice(at);
        return;
      }
      const dropped = end < 0 ? undefined : droppedBy(line);
      if (dropped === undefined) {
        at = this.held.indexOf("\n", at + 1);
      } else {
        this.offset = dropped === behindAll ? behindAll : this.offset + dropped - line.length;
        at = this.held.indexOf("\n", end + 1);
      }
    }
    this.held = "";
  }
}

/** How many bytes a line says were dropped; undefined when it says something else. */
function droppedBy(line: string): number | undefined {
  if (line === begin + rest) return behindAll;
  if (!line.startsWith(begin) || !line.endsWith(someEnd)) return undefined;
  const count = line.slice(begin.length, line.length - someEnd.length);
  return /^\d{1,15}$/.test(count) ? Number(count) : undefined;
}
