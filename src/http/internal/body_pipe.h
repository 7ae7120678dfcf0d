#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "http/message.h"

namespace orrery::http {

inline constexpr size_t kBlockBytes = 256u << 10;

/// A buffer of fixed capacity that is filled once and emptied once.
class Block {
 public:
  explicit Block(size_t capacity) : bytes_(new std::byte[capacity]), capacity_(capacity) {}

  std::span<std::byte> room() { return {bytes_.get() + end_, capacity_ - end_}; }
  std::span<const std::byte> bytes() const { return {bytes_.get() + begin_, end_ - begin_}; }
  void Grow(size_t by) { end_ += by; }
  void Drop(size_t count) { begin_ += count; }
  void Clear() { begin_ = end_ = 0; }
  bool full() const { return end_ == capacity_; }

 private:
  std::unique_ptr<std::byte[]> bytes_;  // uninitialised: a vector would clear it
  size_t capacity_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

/// Hands a body from the io thread that receives it to the worker that reads it: one block is filled while
/// the other is read, so memory stays constant and a slow reader slows the sender.
///
/// The io side calls HasRoom, TakeEmpty, Push, Finish, Fail; the worker's side Read.
class BodyPipe final : public BodyReader {
 public:
  /// `on_room` is called, on the worker, when a block was emptied. It must not block.
  BodyPipe(size_t block_bytes, std::function<void()> on_room);

  /// Whether a block is free to be filled.
  bool HasRoom();
  /// An empty block, or none while both are in use.
  std::unique_ptr<Block> TakeEmpty();
  void Push(std::unique_ptr<Block> block);
  /// The body is complete.
  void Finish();
  /// The body will not be complete: the reader gets `error`, after what came before.
  void Fail(std::exception_ptr error);

  size_t Read(std::span<std::byte> out) override;

 private:
  const std::function<void()> on_room_;
  const size_t block_bytes_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable arrived_;
  std::array<std::unique_ptr<Block>, 2> full_;  // in order
  std::unique_ptr<Block> spare_;
  size_t made_ = 0;
  bool finished_ = false;
  std::exception_ptr error_;
};

}  // namespace orrery::http
