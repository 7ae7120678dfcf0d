#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "content/content.h"
#include "sql/database.h"
#include "tracking/artifacts.h"

namespace orrery::tracking {

/// One part of a file that is sent in parts, as its sender names it when all are there.
struct UploadedPart {
  int64_t number = 0;  ///< from 1
  std::string digest;  ///< what StorePart() returned
};

/// Takes files in parts, in any order, at the same time and again after a failure or a restart; the file is there when
/// all parts are, and before that nothing of it is.
///
///   Begin() -> StorePart()... -> Complete()       or Abort(); what nobody ends goes after seven days
///
/// An upload's id is drawn at random and is all that a part needs to be taken: whoever begins hands it to whom they want.
/// Safe to call from any thread. Errors everywhere: not_found (no such upload: ended, or too old).
class ArtifactUploads {
 public:
  static constexpr int64_t kMostParts = 10'000;

  /// All must outlive this object.
  ArtifactUploads(sql::Database& database, content::Store& store, Artifacts& artifacts, Clock& clock,
                  Random& random)
      : database_(database), store_(store), artifacts_(artifacts), clock_(clock), random_(random) {}

  static std::span<const sql::Migration> Migrations();

  /// Returns the upload's id. Errors: invalid_argument (parts: 1 to kMostParts).
  std::string Begin(const ArtifactOwner& owner, const ArtifactPath& path, int64_t parts);

  /// Takes the bytes of a part before KeepPart() names them. Errors: invalid_argument (no such part).
  content::Store::Upload BeginPart(const std::string& upload, int64_t number);
  /// Keeps `object` as the part, in place of one that came before; returns its digest.
  std::string KeepPart(const std::string& upload, int64_t number, const content::StoredObject& object);

  /// Joins the parts and names the file. `parts` are all of them, in any order.
  /// Errors: invalid_argument (one is missing, was never taken or has another digest; not this upload's file), and those
  /// of Artifacts::Put.
  Artifact Complete(const std::string& upload, const ArtifactOwner& owner, const ArtifactPath& path,
                    const std::vector<UploadedPart>& parts);
  /// Forgets the upload and its parts; one that is not there is fine.
  void Abort(const std::string& upload, const ArtifactOwner& owner, const ArtifactPath& path);

  /// Forgets every upload: for test suites that want an empty store.
  void Clear(sql::Writer& writer);

 private:
  sql::Database& database_;
  content::Store& store_;
  Artifacts& artifacts_;
  Clock& clock_;
  Random& random_;
};

}  // namespace orrery::tracking
