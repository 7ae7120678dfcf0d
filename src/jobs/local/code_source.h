#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "base/hash.h"

namespace orrery::jobs::local {

/// Where an executor gets captured code from: objects by their digest. Safe to call from any thread.
class CodeSource {
 public:
  virtual ~CodeSource() = default;
  /// Streams an object to `sink`, block by block. Errors: not_found, data_loss (its bytes do not have its
  /// digest; the sink may have seen some of them).
  virtual void Read(const Digest& digest, const std::function<void(std::span<const std::byte>)>& sink) = 0;

  /// Returns a whole object. Errors: those of Read, resource_exhausted when longer than `most`.
  std::string ReadAll(const Digest& digest, std::size_t most);
};

}  // namespace orrery::jobs::local
