#include "content/manifest.h"

#include <algorithm>

#include "base/utf8.h"

namespace orrery::content {
namespace {

Error BadLine(size_t line, std::string_view why) {
  return InvalidField("manifest", "line " + std::to_string(line) + ": " + std::string(why));
}

void Check(const std::vector<ManifestEntry>& sorted) {
  if (sorted.size() > Manifest::kMostEntries) {
    throw InvalidField("manifest", "more than " + std::to_string(Manifest::kMostEntries) +
                                       " files: leave some out by .gitignore, or pass data as inputs");
  }
  for (size_t i = 0; i < sorted.size(); ++i) {
    const std::string& path = sorted[i].path;
    if (!IsPlainRelativePath(path)) throw BadLine(i + 1, "not a plain relative path: " + Quoted(path));
    if (i > 0 && sorted[i - 1].path >= path)
      throw BadLine(i + 1, "paths must be sorted and distinct: " + Quoted(path));
  }
  // "a" and "a/b" cannot both exist; "a-b" may stand between them in the order, so each parent is looked up.
  for (size_t i = 0; i < sorted.size(); ++i) {
    const std::string& path = sorted[i].path;
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string_view parent = std::string_view(path).substr(0, slash);
      if (std::ranges::binary_search(sorted, parent, {}, &ManifestEntry::path)) {
        throw BadLine(i + 1, "is below a path that is a file: " + Quoted(path));
      }
    }
  }
}

}  // namespace

bool IsPlainRelativePath(std::string_view path) {
  constexpr size_t kLongest = 4096;
  if (path.empty() || path.size() > kLongest || path.find('\0') != std::string_view::npos || !IsUtf8(path))
    return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == ".." || segment.size() > 255) return false;
    begin = end + 1;
  }
  return true;
}

bool LinkStaysInside(std::string_view path, std::string_view target) {
  if (target.empty() || target.front() == '/' || target.find('\0') != std::string_view::npos) return false;
  auto depth = std::ranges::count(path, '/');
  bool descended = false;
  for (size_t begin = 0; begin <= target.size();) {
    const size_t end = std::min(target.find('/', begin), target.size());
    const std::string_view segment = target.substr(begin, end - begin);
    if (segment == "..") {
      // Behind a name, which may itself be a link, ".." leads who knows where.
      if (descended || --depth < 0) return false;
    } else if (!segment.empty() && segment != ".") {
      descended = true;
    }
    begin = end + 1;
  }
  return true;
}

Manifest Manifest::Of(std::vector<ManifestEntry> entries) {
  std::ranges::sort(entries, {}, &ManifestEntry::path);
  Check(entries);
  return {std::move(entries)};
}

Manifest Manifest::Parse(std::string_view text) {
  Manifest manifest;
  while (!text.empty()) {
    const size_t line = manifest.entries.size() + 1;
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) throw BadLine(line, "does not end in a newline");
    if (line > kMostEntries) Check(manifest.entries);
    try {
      manifest.entries.push_back(FromJson<ManifestEntry>(text.substr(0, end)));
    } catch (const Error& error) {
      throw BadLine(line, error.what());
    }
    text.remove_prefix(end + 1);
  }
  Check(manifest.entries);
  return manifest;
}

std::string Manifest::Text() const {
  std::string text;
  for (const ManifestEntry& entry : entries) (text += ToJson(entry)) += '\n';
  return text;
}

}  // namespace orrery::content
