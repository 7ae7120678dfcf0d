import type { MeterPart } from "../components/Meter.tsx";
import { formatBytes } from "../format.ts";
import type { Cluster, ClusterNode, Holder } from "../wire.ts";

interface Kind {
  label: string;
  text: string;
  total: number;
  parts: MeterPart[];
  places?: number;
}

const mostPlaces = 16;

/** Who holds how much of `used`; what nobody of the listed holds stands last. */
function partsOf(holders: readonly Holder[], used: number, amountOf: (job: Holder) => number): MeterPart[] {
  const parts = holders
    .map((job) => ({ key: job.job_id, title: job.name, amount: amountOf(job) }))
    .filter(({ amount }) => amount > 0);
  const rest = used - parts.reduce((sum, part) => sum + part.amount, 0);
  return rest > 1e-6 ? [...parts, { key: "others", title: "Others", amount: rest }] : parts;
}

/** The jobs that hold something of a machine. */
export function holdersOf(cluster: Cluster, node: ClusterNode): Holder[] {
  return cluster.running.filter(({ nodes }) => nodes.includes(node.name));
}

/** Every kind of thing that a machine has, with who holds how much of it. */
export function kindsOf(cluster: Cluster, node: ClusterNode): Kind[] {
  const holders = holdersOf(cluster, node);
  const cpusUsed = Number((node.cpus - node.cpus_free).toFixed(3));
  const memoryUsed = node.memory_bytes - node.memory_free_bytes;
  return [
    {
      label: "CPUs",
      text: `${cpusUsed} of ${node.cpus}`,
      total: node.cpus,
      parts: partsOf(holders, cpusUsed, (job) => job.cpus),
    },
    {
      label: "Memory",
      text: `${formatBytes(memoryUsed)} of ${formatBytes(node.memory_bytes)}`,
      total: node.memory_bytes,
      parts: partsOf(holders, memoryUsed, (job) => job.memory_bytes),
    },
    ...node.gpu_types.map(({ type, total, free }) => ({
      label: type || "GPUs",
      text: `${total - free} of ${total}`,
      total,
      parts: partsOf(holders, total - free, (job) => ((job.gpu_type ?? "") === type ? job.gpus : 0)),
      ...(total <= mostPlaces && { places: total }),
    })),
  ];
}
