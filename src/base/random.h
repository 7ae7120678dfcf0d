#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace orrery {

/// The seam to randomness. Safe to call from any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<std::byte> out) = 0;

  /// `bytes` random bytes as twice as many lower-case hex digits.
  std::string Hex(size_t bytes);
  /// Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound);
};

/// The kernel's generator; fit for tokens.
class SystemRandom final : public Random {
 public:
  void Fill(std::span<std::byte> out) override;
};

}  // namespace orrery
