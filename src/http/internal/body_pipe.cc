#include "http/internal/body_pipe.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace orrery::http {

BodyPipe::BodyPipe(size_t block_bytes, std::function<void()> on_room)
    : on_room_(std::move(on_room)), block_bytes_(block_bytes) {}

bool BodyPipe::HasRoom() {
  const std::scoped_lock lock(mutex_);
  return spare_ != nullptr || made_ < full_.size();
}

std::unique_ptr<Block> BodyPipe::TakeEmpty() {
  const std::scoped_lock lock(mutex_);
  if (spare_) return std::move(spare_);
  if (made_ == full_.size()) return nullptr;
  ++made_;
  return std::make_unique<Block>(block_bytes_);
}

void BodyPipe::Push(std::unique_ptr<Block> block) {
  {
    const std::scoped_lock lock(mutex_);
    ORRERY_CHECK(full_[1] == nullptr);
    (full_[0] ? full_[1] : full_[0]) = std::move(block);
  }
  arrived_.notify_one();
}

void BodyPipe::Finish() {
  {
    const std::scoped_lock lock(mutex_);
    finished_ = true;
  }
  arrived_.notify_one();
}

void BodyPipe::Fail(std::exception_ptr error) {
  {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
  }
  arrived_.notify_one();
}

size_t BodyPipe::Read(std::span<std::byte> out) {
  if (out.empty()) return 0;
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return full_[0] != nullptr || finished_ || error_ != nullptr; });
  if (!full_[0]) {
    if (error_) std::rethrow_exception(error_);
    return 0;
  }
  Block& block = *full_[0];
  // Only this thread empties full blocks: the copy needs no lock.
  lock.unlock();
  const size_t size = std::min(out.size(), block.bytes().size());
  std::memcpy(out.data(), block.bytes().data(), size);
  block.Drop(size);
  if (!block.bytes().empty()) return size;
  lock.lock();
  block.Clear();
  spare_ = std::move(full_[0]);
  full_[0] = std::move(full_[1]);
  lock.unlock();
  on_room_();
  return size;
}

}  // namespace orrery::http
