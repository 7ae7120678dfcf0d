import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { base, call, logRun, pixel, someRun, submitLongJob } from "./server.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test("from the runs one opens a run and sees its curve, parameters and artifacts", async () => {
  const run = await someRun();
  const { page, faults } = await open(browser, "/");
  await page.getByRole("link", { name: run.name, exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: run.name, exact: true }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/runs/${run.id}`);

  await page.locator("figure canvas").first().waitFor();
  const [key, value] = Object.entries(run.params)[0];
  const side = page.getByRole("complementary");
  await side.getByText(key, { exact: true }).first().waitFor();
  await side.getByText(value, { exact: true }).first().waitFor();

  const { entries } = await call("GET", `/api/v1/runs/${run.id}/artifacts`);
  await page.getByRole("button", { name: "Artifacts", exact: true }).click();
  await page.getByRole("button", { name: entries[0].path, exact: true }).waitFor();
  assert.deepEqual(faults, []);
  await page.close();
});

test("runs that are ticked are drawn on the same axes", async () => {
  const run = await someRun();
  const { page, faults } = await open(browser, "/runs");
  const boxes = page.getByRole("checkbox", { name: /to compare$/ });
  await boxes.first().waitFor();
  if ((await boxes.count()) < 2) {
    await logRun();
    await page.reload();
  }
  await boxes.nth(1).waitFor();
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByRole("link", { name: "Compare 2" }).click();
  await page.getByRole("heading", { name: "2 runs compared" }).waitFor();
  assert.equal(new URL(page.url()).searchParams.getAll("run").length, 2);

  await page.goto(`${base}/compare?run=${run.id}&run=${run.id}`);
  await page.locator("figure canvas").first().waitFor();
  assert.deepEqual(faults, []);
  await page.close();
});

test("dragging over a curve zooms, the address keeps it, and a double click takes it back", async () => {
  const run = await someRun();
  const { page } = await open(browser, `/runs/${run.id}`);
  const chart = page.locator("figure .u-over").first();
  const box = await chart.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.25, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 });
  const zoomed = page.waitForRequest((request) => /\/curves\?.*from=/.test(request.url()));
  await page.mouse.up();
  await zoomed;
  await page.waitForURL(/from=.*to=/);
  await page.reload();
  await page.getByRole("button", { name: "Reset zoom" }).waitFor();
  await page.locator("figure .u-over").first().dblclick();
  await page.waitForURL((url) => !url.searchParams.has("from"));
  await page.close();
});

test("what the server says of a filter stands at the field", async () => {
  const filter = "metrics.loss <";
  const answer = await fetch(`${base}/api/v1/runs?filter=${encodeURIComponent(filter)}`);
  const { error } = await answer.json();
  const { page } = await open(browser, "/runs");
  await page.getByRole("searchbox", { name: "Filter runs" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(filter);
  await page.keyboard.press("Enter");
  await page.getByText(error.message, { exact: true }).waitFor();
  const field = page.getByRole("searchbox", { name: "Filter runs" });
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(new URL(page.url()).searchParams.get("filter"), filter);
  await page.close();
});

test("a job appears by itself, shows its log as it comes, and is cancelled from its page", async () => {
  const { page, faults } = await open(browser, "/jobs");
  await page.getByText("Live", { exact: true }).waitFor();
  const job = await submitLongJob(`browser-test-${Date.now()}`);
  await page.getByRole("link", { name: job.name, exact: true }).click();
  await page.getByRole("log").getByText("tick").first().waitFor();
  await page.getByRole("button", { name: "Cancel job" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
  await page.locator(".page-head").getByText("Cancelled", { exact: true }).waitFor();
  assert.equal((await call("GET", `/api/v1/jobs/${job.id}`)).state, "CANCELLED");
  assert.equal(await page.getByRole("button", { name: "Cancel job" }).count(), 0);
  assert.deepEqual(faults, []);
  await page.close();
});

test("the cluster page shows who holds a machine and why another job waits, and moves by itself", async () => {
  const { page, faults } = await open(browser, "/cluster");
  const machines = page.getByRole("region", { name: "Machines" });
  await machines.getByRole("meter", { name: "CPUs" }).first().waitFor();
  const [node] = (await call("GET", "/api/v1/cluster")).nodes;
  const stamp = Date.now();
  const holder = await submitLongJob(`holder-${stamp}`);
  const waiter = await submitLongJob(`waiter-${stamp}`, { cpus: node.cpus });
  const running = page.getByRole("region", { name: "Running" });
  await running.getByRole("link", { name: holder.name, exact: true }).waitFor();
  const line = page.getByRole("region", { name: "Waiting" }).getByRole("listitem");
  await line
    .filter({ hasText: waiter.name })
    .getByText(/^needs .* CPUs?; /)
    .waitFor();
  await call("POST", `/api/v1/jobs/${waiter.id}/cancel`);
  await call("POST", `/api/v1/jobs/${holder.id}/cancel`);
  await page.getByRole("link", { name: holder.name, exact: true }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: waiter.name, exact: true }).waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await page.close();
});

test("a failed job tells of each attempt how it ended, and what it wrote last", async () => {
  const job = await call("POST", "/api/v1/jobs", {
    name: "fails twice",
    command: ["sh", "-c", "echo the last words of $ORRERY_ATTEMPT; exit $((2 + ORRERY_ATTEMPT))"],
    retries: 1,
    retry_delay_seconds: 0,
  });
  const { page, faults } = await open(browser, `/jobs/${job.id}`);
  const attempts = page.locator(".attempts > li");
  await attempts.nth(1).waitFor();
  await attempts.nth(0).getByText("Attempt 2: exit code 4").waitFor();
  await attempts.nth(0).getByText("the last words of 2").waitFor();
  const first = attempts.nth(1).getByText("the last words of 1");
  assert.equal(await first.isVisible(), false, "only the latest one is open");
  await attempts.nth(1).getByText("Attempt 1: exit code 3").click();
  await first.waitFor();
  assert.deepEqual(faults, []);
  await page.close();
});

test("what a job used is drawn below its own curves once it is unfolded", async () => {
  const job = await call("POST", "/api/v1/jobs", { name: "measured", command: ["sleep", "3"] });
  const { page, faults } = await open(browser, `/runs/${job.run_id}`);
  const system = page.getByText("System", { exact: false }).and(page.locator("summary"));
  await system.waitFor();
  assert.equal(await page.locator("figure canvas").count(), 0);
  await system.click();
  await page.waitForURL(/system=open/);
  await page.locator("figure").filter({ hasText: "system/disk_read_megabytes" }).waitFor();
  await page.locator("figure canvas").first().waitFor();
  assert.deepEqual(faults, []);
  await page.close();
});

test("links that the MLflow client prints lead to the run, and to the runs of its experiment", async () => {
  const run = await someRun();
  const { page, faults } = await open(browser, `/#/experiments/${run.experiment_id}/runs/${run.id}`);
  await page.getByRole("heading", { level: 1, name: run.name, exact: true }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/runs/${run.id}`);

  await page.goto(`${base}/#/experiments/${run.experiment_id}`);
  await page.getByRole("heading", { level: 1, name: "Runs", exact: true }).waitFor();
  assert.equal(
    page.url().slice(base.length),
    `/runs?experiment=${run.experiment_id}`,
    "the address is one of ours",
  );
  const chosen = page.getByRole("combobox", { name: "Experiment" }).locator("option:checked");
  await chosen.filter({ hasText: run.experiment_name }).waitFor({ state: "attached" });
  await page.getByRole("link", { name: run.name, exact: true }).first().waitFor();
  assert.deepEqual(faults, []);
  await page.close();
});

test("a picture among the artifacts is shown, and a page among them is shown as text", async () => {
  const run = await logRun({ "roc.png": pixel, "report.html": "<script>document.title = 'ran'</script>" });
  const { page, faults } = await open(browser, `/runs/${run.id}?tab=artifacts`);
  await page.getByRole("button", { name: "roc.png", exact: true }).click();
  const picture = page.getByRole("img", { name: "roc.png" });
  await picture.waitFor();
  await page.waitForFunction((image) => image.naturalWidth === 1, await picture.elementHandle());
  await page.getByRole("button", { name: "report.html", exact: true }).click();
  await page.getByText("<script>document.title").waitFor();
  assert.notEqual(await page.title(), "ran");
  assert.deepEqual(faults, []);
  await page.close();
});

test("every page keeps to the server's content security policy", async () => {
  const run = await someRun();
  const { headers } = await fetch(base);
  assert.match(headers.get("content-security-policy") ?? "", /default-src 'self'/);
  const { page, faults } = await open(browser, "/");
  const parts = ["", "?tab=artifacts", "?tab=log", "?x=wall&smooth=0.5&y=log"].map(
    (part) => `/runs/${run.id}${part}`,
  );
  for (const address of [
    "/runs",
    ...parts,
    `/compare?run=${run.id}&tab=values`,
    "/jobs",
    "/cluster",
    "/nowhere",
  ]) {
    await page.goto(base + address);
    await page.getByText("Live", { exact: true }).waitFor();
  }
  assert.deepEqual(faults, []);
  const noticed = page.waitForEvent("console", (message) => /style-src/.test(message.text()));
  await page.evaluate(() => document.body.setAttribute("style", "color: red"));
  await noticed;
  assert.match(faults.join(), /style-src/, "what the policy forbids would have been noticed");
  await page.close();
});

test("unknown runs and pages say so", async () => {
  const { page } = await open(browser, "/runs/00000000000000000000000000000000");
  await page.getByRole("alert").waitFor();
  await page.goto(`${base}/nowhere`);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await page.close();
});
