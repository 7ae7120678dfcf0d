#include "tracking/artifact_uploads.h"

#include <algorithm>
#include <map>

#include <boost/describe/class.hpp>

#include "base/error.h"

namespace orrery::tracking {
namespace {

constexpr std::chrono::hours kKept{7 * 24};

struct UploadRow {
  std::string id;
  ArtifactRoot root = ArtifactRoot::kRun;
  std::string owner;
  std::string path;
  int64_t parts = 0;
  Instant begun_at;
};
BOOST_DESCRIBE_STRUCT(UploadRow, (), (id, root, owner, path, parts, begun_at))

struct PartRow {
  int64_t number = 0;
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(PartRow, (), (number, digest))

content::Referrer ReferrerOf(const std::string& upload) {
  return "upload:" + upload;
}

std::optional<UploadRow> FindUpload(sql::Reader& reader, const std::string& id) {
  static const std::string kSql =
      "SELECT " + sql::Columns<UploadRow>() + " FROM artifact_uploads WHERE id = ?";
  return reader.First<UploadRow>(kSql, id);
}

UploadRow RequireUpload(sql::Reader& reader, const std::string& id) {
  auto row = FindUpload(reader, id);
  if (!row)
    throw Error(Code::kNotFound, "no such upload: it ended, was aborted, or is older than seven days");
  return *std::move(row);
}

bool IsOf(const UploadRow& row, const ArtifactOwner& owner, const ArtifactPath& path) {
  return row.root == owner.root && row.owner == owner.id && row.path == path.text();
}

void CheckNumber(const UploadRow& row, int64_t number) {
  if (number < 1 || number > row.parts) {
    throw InvalidField("part_number",
                       "expected 1 to " + std::to_string(row.parts) + ", got " + std::to_string(number));
  }
}

void Forget(sql::Writer& writer, content::Store& store, const std::string& upload) {
  store.ReleaseAll(writer, ReferrerOf(upload));
  writer.Run("DELETE FROM artifact_upload_parts WHERE upload = ?", upload);
  writer.Run("DELETE FROM artifact_uploads WHERE id = ?", upload);
}

std::vector<PartRow> PartsOf(sql::Reader& reader, const std::string& upload) {
  return reader.All<PartRow>(
      "SELECT number, digest FROM artifact_upload_parts WHERE upload = ? ORDER BY number", upload);
}

/// Refuses parts that are not exactly those that are kept.
void CheckParts(const UploadRow& upload, const std::vector<PartRow>& kept,
                const std::vector<UploadedPart>& named) {
  std::map<int64_t, std::string_view> digests;
  for (const UploadedPart& part : named) {
    CheckNumber(upload, part.number);
    if (!digests.emplace(part.number, part.digest).second) {
      throw InvalidField("parts", "part " + std::to_string(part.number) + " is named twice");
    }
  }
  if (static_cast<int64_t>(digests.size()) != upload.parts ||
      static_cast<int64_t>(kept.size()) != upload.parts) {
    throw InvalidField("parts", "the upload has " + std::to_string(upload.parts) +
                                    " parts: " + std::to_string(kept.size()) + " were taken and " +
                                    std::to_string(digests.size()) + " are named");
  }
  for (const PartRow& part : kept) {
    if (digests.at(part.number) != part.digest.hex()) {
      throw InvalidField("parts", "part " + std::to_string(part.number) +
                                      " was taken with another etag: " + std::string(part.digest.hex()));
    }
  }
}

}  // namespace

std::span<const sql::Migration> ArtifactUploads::Migrations() {
  static constexpr sql::Migration kMigrations[] = {{"artifact_uploads", 1, R"sql(
CREATE TABLE artifact_uploads (
  id TEXT NOT NULL PRIMARY KEY, root TEXT NOT NULL, owner TEXT NOT NULL, path TEXT NOT NULL, parts INTEGER NOT NULL,
  begun_at INTEGER NOT NULL) STRICT;
CREATE INDEX artifact_uploads_by_age ON artifact_uploads (begun_at);
CREATE TABLE artifact_upload_parts (
  upload TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (upload, number)) STRICT, WITHOUT ROWID;
)sql"}};
  return kMigrations;
}

std::string ArtifactUploads::Begin(const ArtifactOwner& owner, const ArtifactPath& path, int64_t parts) {
  if (parts < 1 || parts > kMostParts) {
    throw InvalidField("num_parts",
                       "expected 1 to " + std::to_string(kMostParts) + ", got " + std::to_string(parts));
  }
  const UploadRow row{.id = random_.Hex(16),
                      .root = owner.root,
                      .owner = owner.id,
                      .path = path.text(),
                      .parts = parts,
                      .begun_at = clock_.Now()};
  database_.Write([&](sql::Writer& writer) {
    for (const auto& old : writer.All<std::string>(
             "SELECT id FROM artifact_uploads WHERE begun_at < ? LIMIT 100", row.begun_at - kKept)) {
      Forget(writer, store_, old);
    }
    writer.Insert("artifact_uploads", row);
  });
  return row.id;
}

content::Store::Upload ArtifactUploads::BeginPart(const std::string& upload, int64_t number) {
  database_.Read([&](sql::Reader& reader) { CheckNumber(RequireUpload(reader, upload), number); });
  return store_.Begin();
}

std::string ArtifactUploads::KeepPart(const std::string& upload, int64_t number,
                                      const content::StoredObject& object) {
  database_.Write([&](sql::Writer& writer) {
    CheckNumber(RequireUpload(writer, upload), number);
    store_.Refer(writer, object.digest, ReferrerOf(upload));
    writer.Run(
        "INSERT INTO artifact_upload_parts (upload, number, digest) VALUES (?, ?, ?) "
        "ON CONFLICT (upload, number) DO UPDATE SET digest = excluded.digest",
        upload, number, object.digest);
  });
  return std::string(object.digest.hex());
}

Artifact ArtifactUploads::Complete(const std::string& upload, const ArtifactOwner& owner,
                                   const ArtifactPath& path, const std::vector<UploadedPart>& parts) {
  constexpr size_t kBlock = 1u << 20;
  const auto kept = database_.Read([&](sql::Reader& reader) {
    const UploadRow row = RequireUpload(reader, upload);
    if (!IsOf(row, owner, path)) throw InvalidField("path", "is not that of this upload");
    auto all = PartsOf(reader, upload);
    CheckParts(row, all, parts);
    return all;
  });
  content::Store::Upload whole = store_.Begin();
  std::vector<std::byte> block(kBlock);
  for (const PartRow& part : kept) {
    const auto object = store_.Open(part.digest);
    uint64_t offset = 0;
    while (const size_t got = object->ReadAt(offset, block)) {
      whole.Write(std::span(block).first(got));
      offset += got;
    }
  }
  const Artifact artifact = artifacts_.Put(owner, path, whole.Finish());
  database_.Write([&](sql::Writer& writer) { Forget(writer, store_, upload); });
  return artifact;
}

void ArtifactUploads::Abort(const std::string& upload, const ArtifactOwner& owner, const ArtifactPath& path) {
  database_.Write([&](sql::Writer& writer) {
    const auto row = FindUpload(writer, upload);
    if (!row) return;
    if (!IsOf(*row, owner, path)) throw InvalidField("path", "is not that of this upload");
    Forget(writer, store_, upload);
  });
}

void ArtifactUploads::Clear(sql::Writer& writer) {
  for (const auto& id : writer.All<std::string>("SELECT id FROM artifact_uploads"))
    Forget(writer, store_, id);
}

}  // namespace orrery::tracking
