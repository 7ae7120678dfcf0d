#include "jobs/local/workspace.h"

#include <set>

#include "base/error.h"
#include "content/manifest.h"

namespace orrery::jobs::local {
namespace {

constexpr std::size_t kMostManifestBytes = 64u << 20;
constexpr std::size_t kMostLinkBytes = 4095;

void WriteFile(FileSystem& files, CodeSource& code, const content::ManifestEntry& entry,
               const std::string& path) {
  const uint32_t mode = entry.mode == content::EntryMode::kExecutable ? 0755 : 0644;
  const auto file = files.Open(path, OpenMode::kCreateNew, mode);
  uint64_t size = 0;
  code.Read(entry.digest, [&](std::span<const std::byte> block) {
    file->WriteAt(size, block);
    size += block.size();
  });
  if (size != entry.size) {
    throw InvalidField("manifest", "size of " + Quoted(entry.path) +
                                       " is not that of its content: expected " + std::to_string(size) +
                                       ", got " + std::to_string(entry.size));
  }
}

void WriteLink(FileSystem& files, CodeSource& code, const content::ManifestEntry& entry,
               const std::string& path) {
  const std::string target = code.ReadAll(entry.digest, kMostLinkBytes);
  if (!content::LinkStaysInside(entry.path, target)) {
    throw InvalidField(
        "manifest", "link " + Quoted(entry.path) + " must lead to a path inside the code: " + Quoted(target));
  }
  files.CreateLink(target, path);
}

}  // namespace

void LayOut(FileSystem& files, CodeSource& code, const Digest& manifest, const std::string& root) {
  // Parse has made sure that paths are plain and that no entry lies below another one, a link in particular.
  const content::Manifest tree = content::Manifest::Parse(code.ReadAll(manifest, kMostManifestBytes));
  std::set<std::string> made;
  for (const content::ManifestEntry& entry : tree.entries) {
    for (std::size_t slash = entry.path.find('/'); slash != std::string::npos;
         slash = entry.path.find('/', slash + 1)) {
      if (made.insert(entry.path.substr(0, slash)).second) {
        files.CreateDirectory(root + "/" + entry.path.substr(0, slash));
      }
    }
    const std::string path = root + "/" + entry.path;
    if (entry.mode == content::EntryMode::kLink) {
      WriteLink(files, code, entry, path);
    } else {
      WriteFile(files, code, entry, path);
    }
  }
}

}  // namespace orrery::jobs::local
