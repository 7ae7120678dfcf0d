import { expect, test } from "vitest";
import { EventStreamParser } from "./event-stream.ts";

const stream = ': hello\n\nid: 7\nevent: job_state_changed\ndata: {"a":1}\n\ndata: one\ndata: two\n\n';
const messages = [
  { id: "7", type: "job_state_changed", data: '{"a":1}' },
  { id: "7", type: "message", data: "one\ntwo" },
];

test("a stream gives the same messages wherever it is cut", () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new EventStreamParser();
    expect([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))]).toEqual(messages);
  }
});

test("carriage returns end lines too", () => {
  expect(new EventStreamParser().push(stream.replaceAll("\n", "\r\n"))).toEqual(messages);
});

test("a message without data and one without its empty line are not handed out", () => {
  expect(new EventStreamParser().push("event: idle\n\ndata: half")).toEqual([]);
});
