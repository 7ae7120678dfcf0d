#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace orrery::http {

/// Runs closures on at most `threads` threads, started as they are needed. Safe to call from any thread.
class WorkerPool {
 public:
  /// At most `queue` closures wait for a thread.
  WorkerPool(size_t threads, size_t queue) : most_threads_(threads), most_queued_(queue) {}
  /// Runs what is queued to its end first.
  ~WorkerPool();

  /// False when the queue is full. `work` must not throw.
  bool Submit(std::function<void()> work) { return Push(std::move(work), most_queued_); }
  /// For the next step of something that was let in already: always queued.
  void Continue(std::function<void()> work) { Push(std::move(work), static_cast<size_t>(-1)); }

 private:
  bool Push(std::function<void()> work, size_t most);
  void Run();

  const size_t most_threads_;
  const size_t most_queued_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable more_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace orrery::http
