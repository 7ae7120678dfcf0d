#pragma once

#include "content/content.h"
#include "jobs/local/code_source.h"

namespace orrery::jobs::local {

/// Reads captured code out of the content store. Safe to call from any thread.
class StoredCode : public CodeSource {
 public:
  /// `store` must outlive this object.
  explicit StoredCode(content::Store& store) : store_(store) {}

  void Read(const Digest& digest, const std::function<void(std::span<const std::byte>)>& sink) override;

 private:
  content::Store& store_;
};

}  // namespace orrery::jobs::local
