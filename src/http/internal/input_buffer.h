#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace orrery::http {

/// Bytes that came from a socket and were not taken yet, in one piece.
class InputBuffer {
 public:
  static constexpr size_t kStep = 16u << 10;

  /// Never holds more than `most` bytes.
  explicit InputBuffer(size_t most) : most_(most) {}

  std::string_view pending() const { return {bytes_.get() + begin_, end_ - begin_}; }
  void Take(size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Free space behind what is pending: at least one byte. Errors: StatusError 400 when the buffer is full,
  /// that is when a sender's framing never ends.
  std::span<char> Room();
  void Filled(size_t count) { end_ += count; }

 private:
  const size_t most_;
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace orrery::http
