#include "content/content.h"

#include "base/error.h"
#include "content/internal/checked_object.h"

namespace orrery::content {
namespace {

// condemned_at is set while nobody refers to the object and a collection has noticed.
constexpr sql::Migration kMigrations[] = {
    {"content", 1,
     "CREATE TABLE content_objects (digest TEXT PRIMARY KEY, size INTEGER NOT NULL, stored_at INTEGER NOT "
     "NULL, "
     "condemned_at INTEGER) STRICT, WITHOUT ROWID;"
     "CREATE TABLE content_references (digest TEXT NOT NULL REFERENCES content_objects (digest), "
     "referrer TEXT NOT NULL, PRIMARY KEY (digest, referrer)) STRICT, WITHOUT ROWID;"
     "CREATE INDEX content_references_by_referrer ON content_references (referrer)"},
};

constexpr std::string_view kUnreferenced =
    " NOT EXISTS (SELECT 1 FROM content_references WHERE content_references.digest = content_objects.digest)";

Error NotStored(const Digest& digest) {
  return Error(Code::kNotFound, "no stored object has this digest: " + digest.text(), "digest");
}

std::optional<uint64_t> SizeOf(sql::Reader& reader, const Digest& digest) {
  return reader.First<uint64_t>("SELECT size FROM content_objects WHERE digest = ?", digest);
}

}  // namespace

std::span<const sql::Migration> Store::Migrations() {
  return kMigrations;
}

blob::Key KeyOf(const Digest& digest) {
  const std::string hex(digest.hex());
  return blob::Key::Parse(hex.substr(0, 2) + "/" + hex.substr(2));
}

void Store::Upload::Write(std::span<const std::byte> data) {
  hasher_.Update(data);
  upload_->Write(data);
  size_ += data.size();
}

StoredObject Store::Upload::Finish(const std::optional<Digest>& expected) {
  const StoredObject object{hasher_.Finish(), size_};
  if (expected && *expected != object.digest) {
    throw InvalidField("digest", "the bytes have another digest: expected " + expected->text() + ", got " +
                                     object.digest.text());
  }
  // Always written anew: the bytes of a known digest may be damaged, or about to be collected.
  const std::shared_lock lock(store_.finishing_);
  upload_->Commit(KeyOf(object.digest));
  store_.database_.Write([&](sql::Writer& writer) {
    writer.Run(
        "INSERT INTO content_objects (digest, size, stored_at, condemned_at) VALUES (?, ?, ?, NULL) "
        "ON CONFLICT (digest) DO UPDATE SET stored_at = excluded.stored_at, condemned_at = NULL",
        object.digest, object.size, store_.clock_.Now());
  });
  return object;
}

StoredObject Store::Put(std::string_view bytes) {
  Upload upload = Begin();
  upload.Write(std::as_bytes(std::span(bytes)));
  return upload.Finish();
}

std::optional<StoredObject> Store::Find(const Digest& digest) {
  const auto size = database_.Read([&](sql::Reader& reader) { return SizeOf(reader, digest); });
  return size ? std::optional(StoredObject{digest, *size}) : std::nullopt;
}

std::unique_ptr<blob::Object> Store::Open(const Digest& digest) {
  const std::optional<StoredObject> known = Find(digest);
  if (!known) throw NotStored(digest);
  try {
    return std::make_unique<CheckedObject>(blobs_.Open(KeyOf(digest)), *known);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    throw Error(Code::kDataLoss, "the bytes of a stored object are gone: " + digest.text(), "digest");
  }
}

std::string Store::ReadAll(const Digest& digest, uint64_t most) {
  const auto object = Open(digest);
  if (object->size() > most) {
    throw Error(Code::kResourceExhausted,
                "object is larger than " + std::to_string(most) + " bytes: " + digest.text());
  }
  std::string bytes(object->size(), '\0');
  object->ReadAt(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::vector<Digest> Store::Missing(const std::vector<Digest>& digests) {
  return database_.Read([&](sql::Reader& reader) {
    std::vector<Digest> missing;
    for (const Digest& digest : digests) {
      if (!SizeOf(reader, digest)) missing.push_back(digest);
    }
    return missing;
  });
}

StoredObject Store::Refer(sql::Writer& writer, const Digest& digest, const Referrer& referrer) {
  const std::optional<uint64_t> size = SizeOf(writer, digest);
  if (!size) throw NotStored(digest);
  writer.Run("INSERT INTO content_references (digest, referrer) VALUES (?, ?) ON CONFLICT DO NOTHING", digest,
             referrer);
  writer.Run("UPDATE content_objects SET condemned_at = NULL WHERE digest = ? AND condemned_at IS NOT NULL",
             digest);
  return {digest, *size};
}

void Store::Release(sql::Writer& writer, const Digest& digest, const Referrer& referrer) {
  writer.Run("DELETE FROM content_references WHERE digest = ? AND referrer = ?", digest, referrer);
}

uint64_t Store::ReleaseAll(sql::Writer& writer, const Referrer& referrer) {
  const uint64_t bytes = BytesKeptBy(writer, referrer);
  writer.Run("DELETE FROM content_references WHERE referrer = ?", referrer);
  return bytes;
}

uint64_t Store::BytesKeptBy(sql::Reader& reader, const Referrer& referrer) {
  return reader
      .First<uint64_t>(
          "SELECT coalesce(sum(o.size), 0) FROM content_references r JOIN content_objects o ON o.digest = "
          "r.digest "
          "WHERE r.referrer = ? AND NOT EXISTS (SELECT 1 FROM content_references other "
          "WHERE other.digest = r.digest AND other.referrer <> r.referrer)",
          referrer)
      .value_or(0);
}

Store::Collected Store::Collect(Microseconds grace) {
  Collected collected;
  const Instant before = clock_.Now() - grace;
  // Bytes go only after their row: a crash between the two leaves bytes that no row names, which the next
  // upload of the same content replaces, and never a row without bytes.
  struct Condemned {
    Digest digest;
    uint64_t size = 0;
  };
  std::vector<Condemned> due;
  database_.Read([&](sql::Reader& reader) {
    reader.Visit(
        "SELECT digest, size FROM content_objects WHERE condemned_at <= ?",
        [&](const sql::Row& row) {
          due.push_back({sql::Get<Digest>(row, 0), sql::Get<uint64_t>(row, 1)});
        },
        before);
  });
  for (const Condemned& object : due) {
    // Nobody finishes an upload of the same bytes between the end of their row and their own end.
    const std::unique_lock lock(finishing_);
    const bool gone = database_.Write([&](sql::Writer& writer) {
      return writer.Run("DELETE FROM content_objects WHERE digest = ? AND condemned_at <= ? AND" +
                            std::string(kUnreferenced),
                        object.digest, before) > 0;
    });
    if (!gone) continue;
    blobs_.Delete(KeyOf(object.digest));
    ++collected.deleted;
    collected.bytes_freed += object.size;
  }
  collected.condemned = database_.Write([&](sql::Writer& writer) {
    return writer.Run(
        "UPDATE content_objects SET condemned_at = ? WHERE condemned_at IS NULL AND stored_at <= ? AND" +
            std::string(kUnreferenced),
        clock_.Now(), before);
  });
  return collected;
}

}  // namespace orrery::content
