import { expect, test } from "vitest";
import type { Metric } from "../wire.ts";
import { sections } from "./sections.ts";

function metric(key: string, count = 10): Metric {
  return { key, value: 1, step: 1, at: "2013-01-01T00:00:00.000000Z", min: 0, max: 1, first: 0, count };
}

const all = ["system/cpu", "val/auc", "loss", "val/accuracy", "gradient"].map((key) => metric(key));

test("plain names come first, the system's own last", () => {
  expect(sections(all, "")).toEqual([
    { title: "", metrics: ["gradient", "loss"] },
    { title: "val", metrics: ["val/accuracy", "val/auc"] },
    { title: "system", metrics: ["system/cpu"] },
  ]);
});

test("search keeps what holds the text", () => {
  expect(sections(all, "AUC")).toEqual([{ title: "val", metrics: ["val/auc"] }]);
});

test("a single value is no curve", () => {
  expect(sections([metric("rows", 1)], "")).toEqual([]);
});
