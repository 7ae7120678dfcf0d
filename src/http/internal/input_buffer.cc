#include "http/internal/input_buffer.h"

#include <algorithm>
#include <cstring>

#include "http/errors.h"

namespace orrery::http {

std::span<char> InputBuffer::Room() {
  if (begin_ > 0 && capacity_ - end_ < kStep / 4) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) {
    if (capacity_ >= most_) {
      throw StatusError(400, Code::kInvalidArgument, "malformed HTTP: a line of the framing does not end");
    }
    const size_t larger = std::min(most_, std::max(kStep, capacity_ * 2));
    std::unique_ptr<char[]> bytes(new char[larger]);
    if (end_ > 0) std::memcpy(bytes.get(), bytes_.get(), end_);
    bytes_ = std::move(bytes);
    capacity_ = larger;
  }
  return {bytes_.get() + end_, capacity_ - end_};
}

}  // namespace orrery::http
