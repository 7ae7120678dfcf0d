#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/random.h"

namespace orrery::blob {

/// A key in a store: segments of letters, digits, '.', '_' and '-', joined by '/', none of them "." or "..".
/// Typed, so that no store has to check it again.
class Key {
 public:
  /// Errors: invalid_argument.
  static Key Parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const Key&) const = default;

 private:
  std::string text_;
};

/// An object being written. It exists under its key only after Commit() has returned, and then for good;
/// destroying an upload that was not committed leaves nothing. One thread at a time.
class Upload {
 public:
  virtual ~Upload() = default;
  virtual void Write(std::span<const std::byte> data) = 0;
  /// Makes the object durable under `key`, replacing what was there.
  virtual void Commit(const Key& key) = 0;
};

/// An object being read. ReadAt is safe from several threads.
class Object {
 public:
  virtual ~Object() = default;
  virtual uint64_t size() const = 0;
  /// Fewer bytes than asked only at the end.
  virtual size_t ReadAt(uint64_t offset, std::span<std::byte> out) = 0;
};

/// Whole objects by key, as S3 and a local folder both have them. Safe to call from any thread.
/// Errors of every call: storage_full, permission_denied, unavailable (a remote store), internal.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual std::unique_ptr<Upload> Begin() = 0;
  /// Errors: not_found.
  virtual std::unique_ptr<Object> Open(const Key& key) = 0;
  virtual std::optional<uint64_t> SizeOf(const Key& key) = 0;
  /// An absent key is fine.
  virtual void Delete(const Key& key) = 0;
  /// Calls `visit` for each key, in no order.
  virtual void List(const std::function<void(const Key&, uint64_t size)>& visit) = 0;
};

/// Opens the store that `uri` names: file:///absolute/folder (created if absent). Uploads that a crash left
/// behind are removed. `files` and `random` must outlive the store. Errors: invalid_argument (another scheme,
/// a relative path), and the store's own.
std::unique_ptr<BlobStore> OpenBlobStore(std::string_view uri, FileSystem& files, Random& random);

}  // namespace orrery::blob
