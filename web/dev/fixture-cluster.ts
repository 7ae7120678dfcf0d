// Development only: a cluster of two machines, as invented as the jobs on it.
import type { Cluster, Holder, Waiter } from "../src/wire.ts";
import { jobs } from "./fixture-data.ts";

const gib = 2 ** 30;
const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();

function holder(index: number, more: Partial<Holder>): Holder {
  return {
    job_id: jobs[index]?.id ?? String(index),
    name: jobs[index]?.name ?? "train",
    queue: "default",
    priority: 0,
    nodes: ["stargazer"],
    cpus: 2,
    memory_bytes: 8 * gib,
    gpus: 0,
    started_at: minutes(-12 - index),
    ending: false,
    ...more,
  };
}

function waiter(position: number, reason: string, more: Partial<Waiter>): Waiter {
  return {
    position,
    job_id: jobs[0]?.id ?? "waits",
    name: "pretrain",
    queue: "vision",
    priority: 0,
    nodes: 1,
    cpus: 4,
    memory_bytes: 32 * gib,
    gpus: 4,
    gpu_type: "H100",
    reason,
    ...more,
  };
}

export function cluster(): Cluster {
  return {
    nodes: [
      {
        name: "stargazer",
        cpus: 16,
        cpus_free: 5.5,
        memory_bytes: 128 * gib,
        memory_free_bytes: 76 * gib,
        gpus: 5,
        gpus_free: 2,
        gpu_types: [
          { type: "H100", total: 4, free: 1 },
          { type: "L40S", total: 1, free: 1 },
        ],
      },
      {
        name: "lantern",
        cpus: 8,
        cpus_free: 8,
        memory_bytes: 32 * gib,
        memory_free_bytes: 32 * gib,
        gpus: 0,
        gpus_free: 0,
        gpu_types: [],
      },
    ],
    queues: [
      queue("default", { share: 0.28, jobs_running: 2, jobs_waiting: 1 }),
      queue("night", { limit: 0.5, weight: 0.5, policy: "sjf" }),
      queue("vision", { share: 0.5, guaranteed: 0.4, limit: 0.75, jobs_running: 1, jobs_waiting: 2 }),
    ],
    jobs_running: 3,
    jobs_waiting: 3,
    running: [
      holder(1, {
        queue: "vision",
        cpus: 6,
        memory_bytes: 32 * gib,
        gpus: 3,
        gpu_type: "H100",
        expected_end_at: minutes(34),
      }),
      holder(2, { cpus: 4, memory_bytes: 16 * gib, ending: true }),
      holder(3, { cpus: 0.5, memory_bytes: 4 * gib }),
    ],
    waiting: [
      waiter(
        1,
        "needs 4 GPUs of type H100; 1 is free, 3 held by job 17ab23cd (train) until about 14:05; position 1",
        {
          priority: 10,
        },
      ),
      waiter(
        2,
        "needs 2 GPUs of type H100; 1 is free, 3 held by job 17ab23cd (train) until about 14:05; position 2",
        {
          name: "ablation[7]",
          gpus: 2,
        },
      ),
      waiter(
        3,
        "needs 8 CPUs; 5.5 are free, 4 come free when job 9f01c2d4 (evaluate) has ended; position 3",
        {
          name: "features",
          queue: "default",
          cpus: 8,
          gpus: 0,
        },
      ),
    ],
  };
}

function queue(name: string, more: Partial<Cluster["queues"][number]>): Cluster["queues"][number] {
  return {
    name,
    guaranteed: 0,
    limit: 1,
    weight: 1,
    policy: "easy",
    share: 0,
    cpus_used: 0,
    memory_used_bytes: 0,
    gpus_used: 0,
    jobs_running: 0,
    jobs_waiting: 0,
    ...more,
  };
}
