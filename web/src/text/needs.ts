import { formatBytes, formatCount } from "../format.ts";
import type { Needs } from "../wire.ts";

/** What a job asks for or holds, in short: "2 CPUs, 4 GiB, 2 H100". */
export function needsText({ cpus, memory_bytes, gpus, gpu_type }: Needs, nodes = 1): string {
  const parts = [`${cpus} ${cpus === 1 ? "CPU" : "CPUs"}`, formatBytes(memory_bytes)];
  if (gpus > 0) parts.push(gpu_type ? `${gpus} ${gpu_type}` : formatCount(gpus, "GPU"));
  return nodes > 1 ? `${nodes} × (${parts.join(", ")})` : parts.join(", ");
}
