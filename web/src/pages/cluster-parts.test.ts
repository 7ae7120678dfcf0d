import { expect, test } from "vitest";
import type { Cluster, ClusterNode, Holder } from "../wire.ts";
import { holdersOf, kindsOf } from "./cluster-parts.ts";

const node: ClusterNode = {
  name: "here",
  cpus: 8,
  cpus_free: 4.5,
  memory_bytes: 2 ** 33,
  memory_free_bytes: 2 ** 32,
  gpus: 4,
  gpus_free: 2,
  gpu_types: [{ type: "H100", total: 4, free: 2 }],
};

function holder(job_id: string, cpus: number, gpus: number, nodes = ["here"]): Holder {
  return {
    job_id,
    name: `job ${job_id}`,
    queue: "default",
    priority: 0,
    nodes,
    cpus,
    memory_bytes: 2 ** 30,
    gpus,
    ...(gpus > 0 && { gpu_type: "H100" }),
    started_at: "2013-01-01T00:00:00Z",
    ending: false,
  };
}

const cluster: Cluster = {
  nodes: [node],
  queues: [],
  jobs_running: 9,
  jobs_waiting: 0,
  running: [holder("a", 2, 2), holder("b", 1, 0), holder("c", 1, 1, ["there"])],
  waiting: [],
};

test("a machine's holders are those of the jobs that are on it", () => {
  expect(holdersOf(cluster, node).map(({ job_id }) => job_id)).toEqual(["a", "b"]);
});

test("each kind says who holds of it, and what jobs hold that are not listed", () => {
  const [cpus, memory, gpus] = kindsOf(cluster, node);
  expect(cpus?.text).toBe("3.5 of 8");
  expect(cpus?.parts.map(({ key, amount }) => [key, amount])).toEqual([
    ["a", 2],
    ["b", 1],
    ["others", 0.5],
  ]);
  expect(memory?.text).toBe("4 GiB of 8 GiB");
  expect(gpus).toMatchObject({ label: "H100", text: "2 of 4", places: 4 });
  expect(gpus?.parts).toEqual([{ key: "a", title: "job a", amount: 2 }]);
});
