import { expect, test } from "vitest";
import { links, readMlflowLink, readRoute } from "./routes.ts";

test("a link leads back to the page it was made for", () => {
  expect(readRoute(links.run("a/b c"))).toEqual({ page: "run", id: "a/b c" });
  expect(readRoute(new URL(links.compare(["a", "b"]), "http://x").pathname)).toEqual({ page: "compare" });
  expect(readRoute(links.job("01jd"))).toEqual({ page: "job", id: "01jd" });
  expect(readRoute(links.cluster)).toEqual({ page: "cluster" });
});

test("the root is the list of runs", () => {
  expect(readRoute("/")).toEqual({ page: "runs" });
  expect(readRoute("/runs/")).toEqual({ page: "runs" });
});

test("unknown and malformed paths lead nowhere, without an error", () => {
  expect(readRoute("/runs/a/b")).toEqual({ page: "none" });
  expect(readRoute("/models")).toEqual({ page: "none" });
  expect(readRoute("/runs/%E0%A4%A")).toEqual({ page: "run", id: "%E0%A4%A" });
});

test("links that the MLflow client prints lead to the run, and to the runs of the experiment", () => {
  expect(readMlflowLink("#/experiments/1/runs/72a6")).toBe("/runs/72a6");
  expect(readMlflowLink("#/experiments/1/runs/72a6/artifacts")).toBe("/runs/72a6");
  expect(readMlflowLink("#/experiments/12")).toBe("/runs?experiment=12");
  expect(readMlflowLink("#/experiments/12?searchFilter=")).toBe("/runs?experiment=12");
  expect(readMlflowLink("#/experiments/12/runs")).toBe("/runs?experiment=12");
  for (const hash of ["", "#", "#/", "#/models/flights", "#/experiments", "#section"])
    expect(readMlflowLink(hash)).toBeUndefined();
});
