#include "http/internal/worker_pool.h"

namespace orrery::http {

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  more_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::Push(std::function<void()> work, size_t most) {
  {
    const std::scoped_lock lock(mutex_);
    const bool can_grow = threads_.size() < most_threads_;
    if (queue_.size() >= most && !can_grow && idle_ == 0) return false;
    queue_.push_back(std::move(work));
    if (queue_.size() > idle_ && can_grow) threads_.emplace_back([this] { Run(); });
  }
  more_.notify_one();
  return true;
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    more_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it captured ends before the next wait
    lock.lock();
  }
}

}  // namespace orrery::http
