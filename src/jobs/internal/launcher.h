#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "jobs/executor.h"
#include "jobs/internal/mailbox.h"

namespace orrery::jobs::internal {

/// Calls Executor::Start outside the loop: laying out one job's code must not keep the loop from seeing
/// another job's end. Each attempt that was put ends as one Launched in the mailbox, unless the launcher is
/// destroyed first: then it is found absent at the next start.
class Launcher {
 public:
  /// With no threads Put() starts the attempt at once, in the caller's thread. Both must outlive the launcher.
  Launcher(Executor& executor, Mailbox& mailbox, int threads);
  /// Returns when the calls under way have returned; what waits is dropped.
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  void Put(AttemptLaunch launch);

 private:
  void Work();
  void Start(const AttemptLaunch& launch);

  Executor& executor_;
  Mailbox& mailbox_;
  std::mutex mutex_;  // guards waiting_ and closing_
  std::condition_variable wake_;
  std::deque<AttemptLaunch> waiting_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace orrery::jobs::internal
