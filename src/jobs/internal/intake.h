#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "jobs/internal/job_store.h"
#include "jobs/internal/mailbox.h"
#include "jobs/jobs.h"
#include "sql/idempotency.h"

namespace orrery::jobs::internal {

/// A job that may be stored: its spec is checked, its inputs are hashed, its code is there.
struct Draft {
  Job job;
  std::vector<Digest> code;  ///< every object that its code consists of
};

/// Takes jobs in: looks at what they refer to, then stores all of one request in one transaction. Safe to call
/// from any thread.
class Intake {
 public:
  /// All must outlive this object.
  Intake(const Jobs::Collaborators& with, const Queues& queues, JobStore& store, Mailbox& mailbox)
      : with_(with), queues_(queues), store_(store), mailbox_(mailbox) {}

  /// The key of a request: `what` returns everything that makes it what it is. None for an empty `key`.
  static std::optional<sql::IdempotencyKey> KeyOf(const std::string& key,
                                                  const std::function<std::string()>& what, const Actor& by);

  /// The jobs that were taken in under `key` before.
  /// Errors: aborted (the key was used for another request).
  std::optional<std::vector<Job>> Answered(const std::optional<sql::IdempotencyKey>& key);

  /// Errors: as Jobs::Submit.
  Draft Check(JobSpec spec, const JobId& id, const Actor& by);
  /// Errors: as Jobs::SubmitArray.
  std::vector<Draft> CheckArray(const ArraySpec& array, const Actor& by);
  /// Errors: as Jobs::SubmitBatch.
  std::vector<Draft> CheckBatch(const BatchSpec& batch, const Actor& by);

  /// Stores the jobs with their runs, in this order, and hands them to the loop. What was stored under `key`
  /// meanwhile wins.
  std::vector<Job> Store(const std::vector<Draft>& drafts, const Actor& by,
                         const std::optional<sql::IdempotencyKey>& key);

 private:
  std::vector<Job> Read(sql::Reader& reader, const std::string& answer);
  void CheckQueue(const JobSpec& spec, const std::vector<ExecutorNode>& nodes);
  void Refer(sql::Writer& writer, const std::vector<Draft>& drafts);

  Jobs::Collaborators with_;
  const Queues& queues_;
  JobStore& store_;
  Mailbox& mailbox_;
};

}  // namespace orrery::jobs::internal
