#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/described.h"
#include "base/hash.h"
#include "base/json.h"

namespace orrery::content {

/// What a path of a manifest is on disk.
enum class EntryMode { kFile, kExecutable, kLink };
BOOST_DESCRIBE_ENUM(EntryMode, kFile, kExecutable, kLink)

/// One file of a tree.
struct ManifestEntry {
  static constexpr std::string_view kRequired[] = {"path", "mode", "size", "digest"};
  static constexpr FieldDoc kDocs[] = {
      {"path", "Relative, segments joined by '/', none of them '.' or '..'."},
      {"mode", "FILE, EXECUTABLE, or LINK: then the object's bytes are the link's target."},
      {"digest", "The object with the file's bytes."},
  };
  std::string path;
  EntryMode mode = EntryMode::kFile;
  uint64_t size = 0;
  Digest digest;
};
BOOST_DESCRIBE_STRUCT(ManifestEntry, (), (path, mode, size, digest))

/// A tree of files by content: JSON lines sorted by path. Its id is the digest of that text, so the same
/// bytes at the same paths give the same id on any machine.
struct Manifest {
  std::vector<ManifestEntry> entries;

  /// Sorts the entries. Errors: invalid_argument (a path twice, or a file where another entry needs a
  /// folder).
  static Manifest Of(std::vector<ManifestEntry> entries);
  /// Errors: invalid_argument, naming the line: not what Text() writes, paths that leave the tree, more than
  /// kMostEntries.
  static Manifest Parse(std::string_view text);
  std::string Text() const;

  static constexpr size_t kMostEntries = 200'000;
};

/// Whether `path` is relative, of plain segments, UTF-8 without NUL and of at most 4096 bytes: safe below a
/// folder.
bool IsPlainRelativePath(std::string_view path);

/// Whether a link at `path` with this target stays inside the tree, whatever links the tree has besides: ".."
/// may only lead the target.
bool LinkStaysInside(std::string_view path, std::string_view target);

}  // namespace orrery::content
