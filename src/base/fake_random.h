#pragma once

#include <mutex>
#include <random>

#include "base/random.h"

namespace orrery {

/// The same bytes for the same seed.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(uint64_t seed = 1) : engine_(seed) {}

  void Fill(std::span<std::byte> out) override {
    const std::scoped_lock lock(mutex_);
    for (std::byte& b : out) b = static_cast<std::byte>(engine_());
  }

 private:
  std::mutex mutex_;  // guards engine_
  std::mt19937_64 engine_;
};

}  // namespace orrery
