#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/described.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/instant.h"
#include "jobs/job_spec.h"

/// What a job is on the wire, in the command line's output and in the database.
namespace orrery::jobs {

struct JobTag {
  static constexpr std::string_view kField = "job_id";
};
using JobId = Id<JobTag>;

/// Where a job stands; jobs/machine.h draws how it moves.
enum class JobState { kPending, kQueued, kStarting, kRunning, kSucceeded, kFailed, kCancelled };
BOOST_DESCRIBE_ENUM(JobState, kPending, kQueued, kStarting, kRunning, kSucceeded, kFailed, kCancelled)

/// Whether a job in `state` has ended for good.
constexpr bool IsTerminal(JobState state) {
  return state == JobState::kSucceeded || state == JobState::kFailed || state == JobState::kCancelled;
}

enum class AttemptState { kStarting, kRunning, kSucceeded, kFailed, kCancelled };
BOOST_DESCRIBE_ENUM(AttemptState, kStarting, kRunning, kSucceeded, kFailed, kCancelled)

constexpr bool IsTerminal(AttemptState state) {
  return state != AttemptState::kStarting && state != AttemptState::kRunning;
}

/// One execution of a job's command.
struct Attempt {
  int number = 0;
  AttemptState state = AttemptState::kStarting;
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::optional<std::string> cause;
  std::string host;
  std::optional<std::string> gpu_type;
  std::optional<int> supervisor_pid;
  std::optional<Digest> environment;
  std::optional<std::string> enforcement;
  std::optional<int64_t> max_rss_bytes;
  std::optional<double> cpu_seconds;
  std::optional<std::string> log_tail;

  static constexpr FieldDoc kDocs[] = {
      {"number", "Counts from 1."},
      {"started_at", "When the command began; absent when it never did."},
      {"exit_code", "The command's exit status, when it exited."},
      {"signal", "The signal that ended the command, when one did."},
      {"cause",
       "Why it ended: exited, signalled, out_of_memory, timeout, cancelled, preempted, environment, "
       "launch_failed, storage_full, lost_in_reboot or lost_with_supervisor."},
      {"host", "The node that it was placed on."},
      {"gpu_type", "The type of the GPUs that it was given."},
      {"supervisor_pid", "The process that holds it, once it was claimed."},
      {"environment",
       "Digest of the stored EnvironmentSpec that installs exactly what the command found; absent when it "
       "asked "
       "for none."},
      {"enforcement", "Which limits held it and by what: \"cgroup v1: memory, cpu, pids; cpus 0-1\"."},
      {"max_rss_bytes", "The most memory that its largest process held at once."},
      {"cpu_seconds", "Processor time of the command and all that it started."},
      {"log_tail", "The last lines of its log: at most 20 lines and 4 KiB."},
  };

  bool operator==(const Attempt&) const = default;
};
BOOST_DESCRIBE_STRUCT(Attempt, (),
                      (number, state, started_at, ended_at, exit_code, signal, cause, host, gpu_type,
                       supervisor_pid, environment, enforcement, max_rss_bytes, cpu_seconds, log_tail))

/// One step of a job's life.
struct Transition {
  JobState state = JobState::kPending;
  Instant at;
  std::string cause;

  static constexpr FieldDoc kDocs[] = {
      {"state", "The state that the job entered."},
      {"cause", "Why, in words."},
  };
};
BOOST_DESCRIBE_STRUCT(Transition, (), (state, at, cause))

struct Job {
  JobId id;
  std::string name;
  JobState state = JobState::kPending;
  std::string reason;
  JobSpec spec;
  std::string run_id;
  std::string experiment_id;
  std::optional<std::string> group;
  std::optional<int64_t> array_index;
  std::string submitted_by;
  Instant submitted_at;
  std::optional<Instant> started_at;
  std::optional<Instant> ended_at;
  std::vector<Attempt> attempts;
  std::vector<Transition> transitions;

  static constexpr FieldDoc kDocs[] = {
      {"reason", "Why the job waits, or how it ended, in words."},
      {"spec", "What was submitted; digests and sizes of the inputs are filled in."},
      {"run_id", "The run that the job owns; its scripts log into it."},
      {"group", "The jobs that it can be cancelled with."},
      {"array_index", "Which task of its array it is; given to the command in ORRERY_ARRAY_INDEX."},
      {"submitted_by", "The name of the actor who submitted it."},
      {"started_at", "When its command first began."},
      {"attempts", "Its executions, oldest first."},
      {"transitions", "Every state that it entered, oldest first."},
  };
};
BOOST_DESCRIBE_STRUCT(Job, (),
                      (id, name, state, reason, spec, run_id, experiment_id, group, array_index, submitted_by,
                       submitted_at, started_at, ended_at, attempts, transitions))

/// What POST /job-arrays asks for: one job for each index, all of the same spec.
struct ArraySpec {
  JobSpec spec;
  std::string array;

  static constexpr std::string_view kRequired[] = {"spec", "array"};
  static constexpr FieldDoc kDocs[] = {
      {"array", "The indices: \"1-20\", \"0-100:10\", \"1,3,7\"; at most 10,000 of them."},
  };
};
BOOST_DESCRIBE_STRUCT(ArraySpec, (), (spec, array))

struct JobArray {
  std::string group;
  std::vector<Job> jobs;

  static constexpr FieldDoc kDocs[] = {
      {"group", "That of the spec, or one of its own."},
      {"jobs", "One for each index, in the order in which they were given."},
  };
};
BOOST_DESCRIBE_STRUCT(JobArray, (), (group, jobs))

/// What POST /job-batches asks for: several jobs that are taken in together or not at all.
struct BatchSpec {
  std::vector<JobSpec> jobs;

  static constexpr std::string_view kRequired[] = {"jobs"};
  static constexpr FieldDoc kDocs[] = {
      {"jobs", "At most 1,000; `after` may give the name of another one of them."},
  };
};
BOOST_DESCRIBE_STRUCT(BatchSpec, (), (jobs))

struct JobList {
  std::vector<Job> jobs;
};
BOOST_DESCRIBE_STRUCT(JobList, (), (jobs))

/// Where a job stands, in short: for those who follow many.
struct JobStatus {
  JobId id;
  std::string name;
  JobState state = JobState::kPending;
  std::string reason;

  static constexpr FieldDoc kDocs[] = {
      {"reason", "Why the job waits, or how it ended, in words."},
  };
};
BOOST_DESCRIBE_STRUCT(JobStatus, (), (id, name, state, reason))

struct JobStatuses {
  std::vector<JobStatus> jobs;
};
BOOST_DESCRIBE_STRUCT(JobStatuses, (), (jobs))

/// What POST /job-states asks about.
struct JobIds {
  std::vector<JobId> ids;

  static constexpr std::string_view kRequired[] = {"ids"};
  static constexpr FieldDoc kDocs[] = {
      {"ids", "At most 10,000."},
  };
};
BOOST_DESCRIBE_STRUCT(JobIds, (), (ids))

}  // namespace orrery::jobs
