/**
 * Collects a log's bytes as lines. Characters and lines may be cut anywhere between two pieces. Terminal colours are
 * taken out, and of a line that was rewritten in place (a progress bar) the last writing stays.
 */
export class LogLines {
  readonly lines: string[] = [];
  private readonly decoder = new TextDecoder();
  private open = "";

  push(bytes: Uint8Array) {
    const parts = (this.open + this.decoder.decode(bytes, { stream: true })).split("\n");
    if (this.lines.length > 0 && this.open !== "") this.lines.pop();
    this.open = parts.pop() ?? "";
    for (const part of parts) this.lines.push(readable(part));
    if (this.open !== "") this.lines.push(readable(this.open));
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

function readable(line: string): string {
  const plain = line.replace(escapes, "").replace(/\r+$/, "");
  return plain.slice(plain.lastIndexOf("\r") + 1);
}

/** Returns the numbers of the lines that hold `text`, letter case aside. */
export function findLines(lines: readonly string[], text: string): number[] {
  if (text === "") return [];
  const wanted = text.toLowerCase();
  return lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []));
}
