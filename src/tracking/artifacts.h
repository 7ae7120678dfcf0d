#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/clock.h"
#include "content/content.h"
#include "sql/database.h"
#include "tracking/artifact_path.h"

namespace orrery::tracking {

enum class ArtifactRoot { kRun, kModel, kTrace };
BOOST_DESCRIBE_ENUM(ArtifactRoot, kRun, kModel, kTrace)

/// Whose artifacts: a run's, a logged model's or a trace's.
struct ArtifactOwner {
  ArtifactRoot root = ArtifactRoot::kRun;
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ArtifactOwner, (), (root, id))

/// One file.
struct Artifact {
  std::string path;
  Digest digest;
  uint64_t size = 0;
  Instant modified_at;
};
BOOST_DESCRIBE_STRUCT(Artifact, (), (path, digest, size, modified_at))

/// One line of a listing: a file, or a folder without size and digest.
struct ArtifactEntry {
  std::string path;  ///< from the owner's root
  bool is_dir = false;
  std::optional<uint64_t> size;
  std::optional<Digest> digest;
};
BOOST_DESCRIBE_STRUCT(ArtifactEntry, (), (path, is_dir, size, digest))

/// Which bytes lie under which name. A name is a row and its bytes are content, so a name never touches a
/// file system: there is nothing to escape from. Folders exist by the files in them.
///
/// Safe to call from any thread. Whether an owner exists is its caller's to know.
class Artifacts {
 public:
  /// All must outlive this object.
  Artifacts(sql::Database& database, content::Store& store, Clock& clock)
      : database_(database), store_(store), clock_(clock) {}

  static std::span<const sql::Migration> Migrations();

  /// Takes the bytes of a file before Put() names them.
  content::Store::Upload Begin() { return store_.Begin(); }
  /// Names `object`, replacing what had the name.
  /// Errors: invalid_argument (a folder has this name, or a file that of one of its folders).
  Artifact Put(const ArtifactOwner& owner, const ArtifactPath& path, const content::StoredObject& object);

  std::optional<Artifact> Find(const ArtifactOwner& owner, const ArtifactPath& path);
  bool IsFolder(const ArtifactOwner& owner, const ArtifactPath& path);
  /// The file's bytes. Errors: not_found, invalid_argument (it is a folder), data_loss.
  std::pair<Artifact, std::unique_ptr<blob::Object>> Open(const ArtifactOwner& owner,
                                                          const ArtifactPath& path);

  /// What lies directly in `folder`, or in the root without one, by name; nothing for a file or an unknown
  /// name.
  std::vector<ArtifactEntry> List(const ArtifactOwner& owner, const std::optional<ArtifactPath>& folder);

  /// Removes a file, or a folder with all in it, or everything of the owner; returns how many files went.
  int64_t Delete(const ArtifactOwner& owner, const std::optional<ArtifactPath>& path);
  /// Removes the names of every owner: for test suites that want an empty store.
  void Clear(sql::Writer& writer);

  /// Removes everything of the owner within the caller's transaction; returns the bytes that nobody else refers to.
  uint64_t DeleteAll(sql::Writer& writer, const ArtifactOwner& owner);
  /// The bytes that DeleteAll() would return.
  uint64_t BytesOf(sql::Reader& reader, const ArtifactOwner& owner);

 private:
  sql::Database& database_;
  content::Store& store_;
  Clock& clock_;
};

}  // namespace orrery::tracking
