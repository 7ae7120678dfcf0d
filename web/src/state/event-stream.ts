/** One message of a text/event-stream. */
export interface StreamMessage {
  id: string;
  type: string;
  data: string;
}

/**
 * Cuts a text/event-stream into messages, however it arrives in pieces (WHATWG HTML, 9.2.6). The browser's own
 * EventSource hands out only the types that were named to it beforehand; the server's list of types grows.
 */
export class EventStreamParser {
  private rest = "";
  private id = "";
  private type = "";
  private data: string[] = [];

  /** Takes the next piece of text and returns the messages that it completed. */
  push(text: string): StreamMessage[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.readLine(line));
  }

  private readLine(line: string): StreamMessage[] {
    if (line === "") {
      const message = { id: this.id, type: this.type || "message", data: this.data.join("\n") };
      const complete = this.data.length > 0;
      this.type = "";
      this.data = [];
      return complete ? [message] : [];
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") this.id = value;
    else if (name === "event") this.type = value;
    else if (name === "data") this.data.push(value);
    return [];
  }
}
