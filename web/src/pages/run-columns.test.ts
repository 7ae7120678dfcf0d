import { expect, test } from "vitest";
import type { Run } from "../wire.ts";
import { cellText, knownColumns, orderKey, readColumn, sideBySide, usualColumns } from "./run-columns.ts";

function run(metrics: Record<string, number>, params: Record<string, string> = {}): Run {
  const more = { step: 0, at: "", min: 0, max: 0, first: 0, count: 1 };
  return {
    params,
    tags: { "mlflow.user": "ada" },
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, ...more })),
  } as unknown as Run;
}

test("the usual columns are the metrics that most runs have", () => {
  const runs = [
    run({ loss: 1, "val/auc": 2 }),
    run({ loss: 1, "val/auc": 2, rare: 3 }),
    run({ loss: 1, "system/cpu": 1 }),
  ];
  expect(usualColumns(runs, 2).map(({ name }) => name)).toEqual(["metrics.loss", "metrics.val/auc"]);
  expect(usualColumns(runs).map(({ name }) => name)).not.toContain("metrics.system/cpu");
});

test("among equals, held-out metrics come first and single values last", () => {
  const one = run({ lr: 1, "val/auc": 2, rows: 3 });
  for (const metric of one.metrics) if (metric.key === "lr") metric.count = 9;
  expect(usualColumns([one]).map(({ key }) => key)).toEqual(["val/auc", "lr", "rows"]);
});

test("the client's own tags are not offered as columns", () => {
  expect(knownColumns([run({ loss: 1 }, { lr: "0.1" })]).map(({ name }) => name)).toEqual([
    "metrics.loss",
    "params.lr",
  ]);
});

test("side by side, parameters come first, and what differs is told", () => {
  const rows = sideBySide([
    run({ loss: 1 }, { lr: "0.1", depth: "6" }),
    run({ loss: 1 }, { lr: "0.3", depth: "6" }),
  ]);
  expect(rows.map(({ column, differs }) => [column.name, differs])).toEqual([
    ["params.depth", false],
    ["params.lr", true],
    ["metrics.loss", false],
  ]);
});

test("a column's name reads back, whatever its key holds", () => {
  const column = readColumn("metrics.val/auc.best");
  expect(column).toEqual({ name: "metrics.val/auc.best", kind: "metrics", key: "val/auc.best" });
  expect(column && orderKey(column)).toBe("metrics.`val/auc.best`");
  expect(readColumn("nonsense")).toBeUndefined();
});

test("a run without the value shows a dash", () => {
  expect(cellText(run({}), { name: "metrics.loss", kind: "metrics", key: "loss" })).toBe("\u2013");
  expect(cellText(run({ loss: 0.5 }), { name: "metrics.loss", kind: "metrics", key: "loss" })).toBe(
    "0.50000",
  );
});
