#pragma once

#include <memory>
#include <mutex>

#include "base/error.h"
#include "blob/blob_store.h"
#include "content/content.h"

namespace orrery::content {

/// An object that hashes itself while it is read in order: the read that reaches the end compares the digest
/// before it hands its bytes out, so a whole wrong object is never served.
class CheckedObject final : public blob::Object {
 public:
  /// Errors: data_loss when the size is not the stored one.
  CheckedObject(std::unique_ptr<blob::Object> object, StoredObject expected)
      : object_(std::move(object)), expected_(std::move(expected)) {
    if (object_->size() != expected_.size) Damaged();
  }

  uint64_t size() const override { return expected_.size; }

  size_t ReadAt(uint64_t offset, std::span<std::byte> out) override {
    const size_t got = object_->ReadAt(offset, out);
    const std::scoped_lock lock(mutex_);
    if (offset != hashed_) return got;  // a range: its reader did not ask for the whole
    hasher_.Update(out.first(got));
    hashed_ += got;
    const bool whole = hashed_ == expected_.size;
    if ((got < out.size() && !whole) || (whole && hasher_.Finish() != expected_.digest)) Damaged();
    return got;
  }

 private:
  [[noreturn]] void Damaged() const {
    throw Error(Code::kDataLoss, "stored bytes do not match their digest: " + expected_.digest.text(),
                "digest");
  }

  std::unique_ptr<blob::Object> object_;
  StoredObject expected_;
  std::mutex mutex_;  // guards hasher_, hashed_
  Blake3 hasher_;
  uint64_t hashed_ = 0;
};

}  // namespace orrery::content
