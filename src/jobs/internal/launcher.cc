#include "jobs/internal/launcher.h"

#include <utility>

#include "base/error.h"

namespace orrery::jobs::internal {
namespace {

AttemptOutcome Failure(const std::exception& fault) {
  const auto* error = dynamic_cast<const Error*>(&fault);
  const bool full = error != nullptr && error->code() == Code::kStorageFull;
  return {.cause = full ? EndCause::kStorageFull : EndCause::kLaunchFailed, .message = fault.what()};
}

}  // namespace

Launcher::Launcher(Executor& executor, Mailbox& mailbox, int threads)
    : executor_(executor), mailbox_(mailbox) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Launcher::~Launcher() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Launcher::Put(AttemptLaunch launch) {
  if (threads_.empty()) return Start(launch);
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(launch));
  }
  wake_.notify_one();
}

void Launcher::Work() {
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    const AttemptLaunch launch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Start(launch);
  }
}

void Launcher::Start(const AttemptLaunch& launch) {
  Launched launched{.id = launch.id};
  try {
    executor_.Start(launch);
  } catch (const std::exception& fault) {
    launched.failure = Failure(fault);
  }
  mailbox_.PutLaunched(std::move(launched));
}

}  // namespace orrery::jobs::internal
