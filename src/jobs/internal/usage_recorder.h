#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "jobs/executor.h"
#include "jobs/internal/usage_metrics.h"
#include "jobs/run_keeper.h"
#include "jobs/types.h"
#include "sql/database.h"

namespace orrery::jobs::internal {

/// Records what attempts use as metrics of their jobs' runs. The step of a sample is its number, counted over all
/// attempts of the job.
///
///   usage_pending: 1 from the attempt's beginning until it has ended and its last sample is recorded
///   usage_samples: how many are; moves in the transaction that adds their points
///
/// So each sample is recorded once, whenever the server dies. What GPUs do is known only while they do it: those points
/// are of the moment, and there are none while no server runs. Failures are logged and repeated: jobs do not notice.
/// One thread, which sleeps while no attempt is pending. Wake may be called from any thread.
class UsageRecorder {
 public:
  struct Collaborators {
    sql::Database& database;
    Executor& executor;
    RunKeeper& runs;
    Clock& clock;
  };
  enum class Which { kAll, kEnded };

  /// All must outlive the recorder.
  explicit UsageRecorder(Collaborators collaborators) : with_(collaborators) {}
  ~UsageRecorder();

  /// Records every ten seconds, and attempts that have ended within a second, in a thread of its own.
  void Start();
  /// An attempt was placed, or has ended.
  void Wake();

  /// Records what there is now, of all attempts or of those that have ended. Returns whether any attempt is pending
  /// still. Errors: the database's; then nothing was changed.
  bool Record(Which which);

 private:
  /// An attempt that is pending.
  struct Pending {
    AttemptId id;
    int64_t token = 0;
    std::string run_id;
    bool ended = false;
    int64_t recorded = 0;
  };
  /// How far an attempt's samples were read.
  struct Place {
    Given given;
    int64_t first_step = 0;
    uint64_t cursor = 0;
    int64_t read = 0;
    std::optional<UsageSample> latest;  ///< with it the next one has an interval
    bool unreadable = false;
  };
  struct Found {
    const Pending* attempt = nullptr;
    Place place;
    std::vector<RunPoint> points;
    bool whole = false;  ///< nothing more will come
  };

  std::vector<Pending> ReadPending();
  Place PlaceOf(const Pending& attempt);
  Found ReadSamples(const Pending& attempt, size_t most);
  void AddGpus(std::vector<Found>& found);
  void Store(const std::vector<Found>& found);
  void Run();

  const Collaborators with_;
  std::map<int64_t, Place> places_;  ///< by token; only Record's thread
  std::mutex mutex_;                 // guards woken_ and stopping_
  std::condition_variable wake_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace orrery::jobs::internal
