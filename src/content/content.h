#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "blob/blob_store.h"
#include "sql/database.h"

namespace orrery::content {

/// Bytes that are kept by their digest.
struct StoredObject {
  Digest digest;
  uint64_t size = 0;
};

/// Who keeps an object alive: kind and id, "artifact:RUN_ID", "job:JOB_ID". Any text of at most 512 bytes.
using Referrer = std::string;

/// What is kept by digest, once, however many refer to it. Safe to call from any thread.
///
///   Begin() -> Write()... -> Finish()      bytes hashed while they stream, durable, then the row
///   Refer() in the referrer's transaction  from here on the object stays
///   Release() ... -> Collect()             condemned, a grace time, checked again, deleted
///
/// An object that nobody refers to may be collected after the grace time: put it, then refer to it, and trust
/// an object that was there already only once Refer() has returned.
class Store {
 public:
  /// All must outlive the store.
  Store(sql::Database& database, blob::BlobStore& blobs, Clock& clock)
      : database_(database), blobs_(blobs), clock_(clock) {}

  /// Takes the bytes of one object. One thread at a time; destroyed unfinished it leaves nothing.
  class Upload {
   public:
    void Write(std::span<const std::byte> data);
    /// Makes the object durable and known. Nothing is stored on error.
    /// Errors: invalid_argument when `expected` is given and the bytes do not have it.
    StoredObject Finish(const std::optional<Digest>& expected = std::nullopt);

   private:
    friend class Store;
    explicit Upload(Store& store) : store_(store), upload_(store.blobs_.Begin()) {}

    Store& store_;
    std::unique_ptr<blob::Upload> upload_;
    Blake3 hasher_;
    uint64_t size_ = 0;
  };
  Upload Begin() { return Upload(*this); }

  /// Begin, Write and Finish for bytes at hand.
  StoredObject Put(std::string_view bytes);

  /// Opens an object; reading it in order to the end checks its digest: the last block of damaged bytes is
  /// never handed out, data_loss is thrown instead. Reading by ranges checks the size alone. Errors:
  /// not_found, data_loss (known, but its bytes are gone or of another size).
  std::unique_ptr<blob::Object> Open(const Digest& digest);
  /// The whole object, checked. Errors: those of Open, resource_exhausted when longer than `most`.
  std::string ReadAll(const Digest& digest, uint64_t most = 64u << 20);

  std::optional<StoredObject> Find(const Digest& digest);
  /// Those of `digests` that are not stored, in their order.
  std::vector<Digest> Missing(const std::vector<Digest>& digests);

  /// Keeps an object alive for `referrer`, within the referrer's transaction; again is fine.
  /// Errors: not_found (put it first).
  StoredObject Refer(sql::Writer& writer, const Digest& digest, const Referrer& referrer);
  /// Ends one reference, or all of `referrer`'s; absent ones are fine.
  void Release(sql::Writer& writer, const Digest& digest, const Referrer& referrer);
  /// Returns how many bytes nobody refers to any more because of it: what collection will free.
  uint64_t ReleaseAll(sql::Writer& writer, const Referrer& referrer);
  /// The bytes that only `referrer` keeps.
  uint64_t BytesKeptBy(sql::Reader& reader, const Referrer& referrer);

  struct Collected {
    int64_t condemned = 0;  ///< newly unreferenced: deleted by a later call if they stay so
    int64_t deleted = 0;
    uint64_t bytes_freed = 0;
  };
  /// One pass of collection: objects unreferenced for longer than `grace` go, the newly unreferenced are
  /// marked.
  Collected Collect(Microseconds grace);

  static std::span<const sql::Migration> Migrations();

 private:
  sql::Database& database_;
  blob::BlobStore& blobs_;
  Clock& clock_;
  std::shared_mutex finishing_;  // shared: an upload moves into place; alone: collection deletes
};

/// Where the bytes of `digest` lie in the blob store: "ab/cdef...".
blob::Key KeyOf(const Digest& digest);

}  // namespace orrery::content
