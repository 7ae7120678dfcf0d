#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/described.h"
#include "base/instant.h"

/// The machines, who holds them and who waits for them, on the wire and in the command line's output.
namespace orrery::jobs {

/// The GPUs of one type on one machine.
struct GpuUse {
  std::string type;
  int64_t total = 0;
  int64_t free = 0;

  static constexpr FieldDoc kDocs[] = {
      {"type", "Such as H100; empty where it is not known."},
      {"free", "Held by no job."},
  };
};
BOOST_DESCRIBE_STRUCT(GpuUse, (), (type, total, free))

/// One machine, and what of it is not held by a job.
struct Node {
  std::string name;
  double cpus = 0;
  double cpus_free = 0;
  int64_t memory_bytes = 0;
  int64_t memory_free_bytes = 0;
  int64_t gpus = 0;
  int64_t gpus_free = 0;
  std::vector<GpuUse> gpu_types;

  static constexpr FieldDoc kDocs[] = {
      {"gpus", "Of all types."},
      {"gpu_types", "The same, type by type."},
  };
};
BOOST_DESCRIBE_STRUCT(Node, (),
                      (name, cpus, cpus_free, memory_bytes, memory_free_bytes, gpus, gpus_free, gpu_types))

/// A queue's part of the cluster, and what its jobs hold of it.
struct QueueUse {
  std::string name;
  double guaranteed = 0;
  double limit = 1;
  double weight = 1;
  std::string policy;
  double share = 0;
  double cpus_used = 0;
  int64_t memory_used_bytes = 0;
  int64_t gpus_used = 0;
  int64_t jobs_running = 0;
  int64_t jobs_waiting = 0;

  static constexpr FieldDoc kDocs[] = {
      {"guaranteed", "The fraction of the cluster that it gets back from others when it asks; 0 to 1."},
      {"limit", "The fraction of the cluster that its jobs never exceed; 0 to 1."},
      {"weight", "What queues get beyond their guarantees stands in proportion to this."},
      {"policy", "In which order its jobs start: fifo, easy, sjf or las."},
      {"share", "The largest fraction of CPUs, memory or GPUs that its jobs hold."},
      {"jobs_running", "Its jobs that hold resources: starting or running."},
      {"jobs_waiting", "Its jobs that wait for resources."},
  };
};
BOOST_DESCRIBE_STRUCT(QueueUse, (),
                      (name, guaranteed, limit, weight, policy, share, cpus_used, memory_used_bytes,
                       gpus_used, jobs_running, jobs_waiting))

/// A job that holds resources.
struct Holder {
  std::string job_id;
  std::string name;
  std::string queue;
  int priority = 0;
  std::vector<std::string> nodes;
  double cpus = 0;
  int64_t memory_bytes = 0;
  int64_t gpus = 0;
  std::optional<std::string> gpu_type;
  Instant started_at;
  std::optional<Instant> expected_end_at;
  bool ending = false;

  static constexpr FieldDoc kDocs[] = {
      {"nodes", "The machines; it holds as much on each of them."},
      {"started_at", "When it got them."},
      {"expected_end_at", "By its timeout or what is known of jobs like it; absent when nothing is."},
      {"ending", "It was told to end, and has until then."},
  };
};
BOOST_DESCRIBE_STRUCT(Holder, (),
                      (job_id, name, queue, priority, nodes, cpus, memory_bytes, gpus, gpu_type, started_at,
                       expected_end_at, ending))

/// A job that waits for resources.
struct Waiter {
  int64_t position = 0;
  std::string job_id;
  std::string name;
  std::string queue;
  int priority = 0;
  int nodes = 1;
  double cpus = 0;
  int64_t memory_bytes = 0;
  int64_t gpus = 0;
  std::optional<std::string> gpu_type;
  std::string reason;

  static constexpr FieldDoc kDocs[] = {
      {"position", "Its place in the order in which jobs start; counts from 1."},
      {"nodes", "How many machines it needs at once; what follows is what it needs on each."},
      {"reason", "What it waits for, in words."},
  };
};
BOOST_DESCRIBE_STRUCT(Waiter, (),
                      (position, job_id, name, queue, priority, nodes, cpus, memory_bytes, gpus, gpu_type,
                       reason))

struct Cluster {
  std::vector<Node> nodes;
  std::vector<QueueUse> queues;
  int64_t jobs_running = 0;
  int64_t jobs_waiting = 0;
  std::vector<Holder> running;
  std::vector<Waiter> waiting;

  static constexpr FieldDoc kDocs[] = {
      {"queues", "The configured ones and those that have been used, by name."},
      {"jobs_running", "Jobs that hold resources: starting or running."},
      {"jobs_waiting", "Jobs that wait for resources."},
      {"running", "Jobs that hold resources, the one that is expected to end next first; at most `limit`."},
      {"waiting", "Jobs that wait for resources, the next one first; at most `limit`."},
  };
};
BOOST_DESCRIBE_STRUCT(Cluster, (), (nodes, queues, jobs_running, jobs_waiting, running, waiting))

}  // namespace orrery::jobs
