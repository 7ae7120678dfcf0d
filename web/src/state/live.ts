import { effect, signal } from "@preact/signals";
import { addresses, send } from "../api.ts";
import { EventStreamParser, type StreamMessage } from "./event-stream.ts";
import { pageVisible } from "./visible.ts";

// One stream of the server's events for the whole page. It says that something changed; what it is now is asked for
// again. The stream rests while the page is hidden, so that many open tabs do not use up the browser's connections.

/** Whether changes arrive by themselves at present. */
export const liveState = signal<"connecting" | "live" | "lost">("connecting");

type Listener = (event: StreamMessage | "resumed") => void;

const listeners = new Set<Listener>();
let lastId = "";

/** Calls `listener` for each event, and with "resumed" when some may have been missed. Returns how to stop. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(event: StreamMessage | "resumed") {
  for (const listener of listeners) listener(event);
}

async function readStream(signal: AbortSignal) {
  const headers = { Accept: "text/event-stream" };
  const response = await send(addresses.events(lastId), { signal, headers });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  liveState.value = "live";
  tell("resumed");
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const message of parser.push(decoder.decode(value, { stream: true }))) {
      lastId = message.id || lastId;
      tell(message);
    }
  }
}

async function keepReading(signal: AbortSignal) {
  for (let failures = 0; !signal.aborted; failures++) {
    const began = Date.now();
    await readStream(signal).catch(() => undefined); // whatever ended it, the answer is to connect again
    if (signal.aborted) return;
    liveState.value = "lost";
    if (Date.now() - began > 10_000) failures = 0;
    await new Promise((resolve) => setTimeout(resolve, Math.min(15_000, 500 * 2 ** failures)));
  }
}

/** Starts listening to the server. Called once. */
export function goLive() {
  effect(() => {
    if (!pageVisible.value) return;
    const stop = new AbortController();
    void keepReading(stop.signal);
    return () => stop.abort();
  });
}
