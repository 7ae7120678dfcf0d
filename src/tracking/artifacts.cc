#include "tracking/artifacts.h"

namespace orrery::tracking {
namespace {

content::Referrer ReferrerOf(const ArtifactOwner& owner) {
  switch (owner.root) {
    case ArtifactRoot::kRun:
      return "artifact:run:" + owner.id;
    case ArtifactRoot::kModel:
      return "artifact:model:" + owner.id;
    case ArtifactRoot::kTrace:
      break;
  }
  return "artifact:trace:" + owner.id;
}

/// The names below a folder are those in [first, end): '0' follows '/' in every collation by bytes.
struct NameRange {
  std::string first;
  std::string end;
};

NameRange Below(const std::string& folder) {
  return {folder + "/", folder + "0"};
}

std::optional<Artifact> FindFile(sql::Reader& reader, const ArtifactOwner& owner, const std::string& path) {
  static const std::string kSql =
      "SELECT " + sql::Columns<Artifact>() + " FROM artifacts WHERE root = ? AND owner = ? AND path = ?";
  return reader.First<Artifact>(kSql, owner.root, owner.id, path);
}

std::vector<Artifact> FilesIn(sql::Reader& reader, const ArtifactOwner& owner, const NameRange& range) {
  static const std::string kSql = "SELECT " + sql::Columns<Artifact>() +
                                  " FROM artifacts WHERE root = ? AND owner = ? AND path >= ? AND path < ?"
                                  " ORDER BY path";
  return reader.All<Artifact>(kSql, owner.root, owner.id, range.first, range.end);
}

std::vector<Artifact> FilesOf(sql::Reader& reader, const ArtifactOwner& owner) {
  static const std::string kSql =
      "SELECT " + sql::Columns<Artifact>() + " FROM artifacts WHERE root = ? AND owner = ? ORDER BY path";
  return reader.All<Artifact>(kSql, owner.root, owner.id);
}

bool HasFilesBelow(sql::Reader& reader, const ArtifactOwner& owner, const std::string& folder) {
  const NameRange range = Below(folder);
  return reader
      .First<int64_t>(
          "SELECT 1 FROM artifacts WHERE root = ? AND owner = ? AND path >= ? AND path < ? LIMIT 1",
          owner.root, owner.id, range.first, range.end)
      .has_value();
}

// A name is a file or a folder, never both.
void CheckKind(sql::Reader& reader, const ArtifactOwner& owner, const std::string& path) {
  if (HasFilesBelow(reader, owner, path)) {
    throw InvalidField("path", "a folder has this name: " + Quoted(path));
  }
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (FindFile(reader, owner, folder)) {
      throw InvalidField("path", "a file, not a folder, has the name " + Quoted(folder));
    }
  }
}

// The owner's reference to an object ends with the last of its names for it.
void ReleaseIfUnnamed(sql::Writer& writer, content::Store& store, const ArtifactOwner& owner,
                      const Digest& digest) {
  const auto left =
      writer.First<int64_t>("SELECT 1 FROM artifacts WHERE root = ? AND owner = ? AND digest = ? LIMIT 1",
                            owner.root, owner.id, digest);
  if (!left) store.Release(writer, digest, ReferrerOf(owner));
}

}  // namespace

std::span<const sql::Migration> Artifacts::Migrations() {
  static constexpr sql::Migration kMigrations[] = {{"artifacts", 1, R"sql(
CREATE TABLE artifacts (
  root TEXT NOT NULL,
  owner TEXT NOT NULL,
  path TEXT NOT NULL,
  digest TEXT NOT NULL,
  size BIGINT NOT NULL,
  modified_at BIGINT NOT NULL,
  PRIMARY KEY (root, owner, path)
);
CREATE INDEX artifacts_by_digest ON artifacts (root, owner, digest);
)sql"}};
  return kMigrations;
}

Artifact Artifacts::Put(const ArtifactOwner& owner, const ArtifactPath& path,
                        const content::StoredObject& object) {
  const Artifact artifact{path.text(), object.digest, object.size, clock_.Now()};
  database_.Write([&](sql::Writer& writer) {
    CheckKind(writer, owner, artifact.path);
    const auto before = FindFile(writer, owner, artifact.path);
    store_.Refer(writer, artifact.digest, ReferrerOf(owner));
    writer.Run(
        "INSERT INTO artifacts (root, owner, path, digest, size, modified_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (root, owner, path) DO UPDATE SET digest = excluded.digest, size = excluded.size,"
        " modified_at = excluded.modified_at",
        owner.root, owner.id, artifact.path, artifact.digest, artifact.size, artifact.modified_at);
    if (before && before->digest != artifact.digest) ReleaseIfUnnamed(writer, store_, owner, before->digest);
  });
  return artifact;
}

std::optional<Artifact> Artifacts::Find(const ArtifactOwner& owner, const ArtifactPath& path) {
  return database_.Read([&](sql::Reader& reader) { return FindFile(reader, owner, path.text()); });
}

bool Artifacts::IsFolder(const ArtifactOwner& owner, const ArtifactPath& path) {
  return database_.Read([&](sql::Reader& reader) { return HasFilesBelow(reader, owner, path.text()); });
}

std::pair<Artifact, std::unique_ptr<blob::Object>> Artifacts::Open(const ArtifactOwner& owner,
                                                                   const ArtifactPath& path) {
  auto artifact = Find(owner, path);
  if (!artifact) {
    if (IsFolder(owner, path)) {
      throw InvalidField("path", "a folder, not a file, has the name " + Quoted(path.text()));
    }
    throw Error(Code::kNotFound, "no such artifact: " + Quoted(path.text()), "path");
  }
  auto object = store_.Open(artifact->digest);
  return {*std::move(artifact), std::move(object)};
}

std::vector<ArtifactEntry> Artifacts::List(const ArtifactOwner& owner,
                                           const std::optional<ArtifactPath>& folder) {
  const std::string prefix = folder ? folder->text() + "/" : "";
  std::vector<ArtifactEntry> out;
  const auto files = database_.Read([&](sql::Reader& reader) {
    return folder ? FilesIn(reader, owner, Below(folder->text())) : FilesOf(reader, owner);
  });
  for (const Artifact& file : files) {
    const size_t slash = file.path.find('/', prefix.size());
    if (slash == std::string::npos) {
      out.push_back({.path = file.path, .size = file.size, .digest = file.digest});
    } else if (std::string name = file.path.substr(0, slash); out.empty() || out.back().path != name) {
      out.push_back({.path = std::move(name), .is_dir = true});
    }
  }
  return out;
}

uint64_t Artifacts::DeleteAll(sql::Writer& writer, const ArtifactOwner& owner) {
  writer.Run("DELETE FROM artifacts WHERE root = ? AND owner = ?", owner.root, owner.id);
  return store_.ReleaseAll(writer, ReferrerOf(owner));
}

uint64_t Artifacts::BytesOf(sql::Reader& reader, const ArtifactOwner& owner) {
  return store_.BytesKeptBy(reader, ReferrerOf(owner));
}

int64_t Artifacts::Delete(const ArtifactOwner& owner, const std::optional<ArtifactPath>& path) {
  return database_.Write([&](sql::Writer& writer) -> int64_t {
    if (!path) {
      store_.ReleaseAll(writer, ReferrerOf(owner));
      return writer.Run("DELETE FROM artifacts WHERE root = ? AND owner = ?", owner.root, owner.id);
    }
    auto files = FilesIn(writer, owner, Below(path->text()));
    if (auto file = FindFile(writer, owner, path->text())) files.push_back(*std::move(file));
    for (const Artifact& file : files) {
      writer.Run("DELETE FROM artifacts WHERE root = ? AND owner = ? AND path = ?", owner.root, owner.id,
                 file.path);
      ReleaseIfUnnamed(writer, store_, owner, file.digest);
    }
    return static_cast<int64_t>(files.size());
  });
}

void Artifacts::Clear(sql::Writer& writer) {
  std::vector<ArtifactOwner> owners;
  writer.Visit("SELECT DISTINCT root, owner FROM artifacts", [&](const sql::Row& row) {
    owners.push_back({sql::Get<ArtifactRoot>(row, 0), sql::Get<std::string>(row, 1)});
  });
  for (const ArtifactOwner& owner : owners) store_.ReleaseAll(writer, ReferrerOf(owner));
  writer.Run("DELETE FROM artifacts");
}

}  // namespace orrery::tracking
