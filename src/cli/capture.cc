#include "cli/capture.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/error.h"

namespace orrery::cli {
namespace {

constexpr uint64_t kMostBytes = 1ull << 30;
constexpr std::array<std::string_view, 7> kSkipped = {
    ".git", ".venv", "venv", "__pycache__", "node_modules", ".orrery", ".pytest_cache"};

/// What git prints, or nothing where git is absent or says no.
std::optional<std::string> Git(Processes& processes, const std::string& folder,
                               std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "--no-optional-locks"});
  Environment environment = CurrentEnvironment();
  environment["LC_ALL"] = "C";
  try {
    CommandResult result = processes.Run({std::move(arguments), environment, folder, ""});
    if (result.exit_code != 0) return std::nullopt;
    return std::move(result.output);
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return std::nullopt;
    throw;
  }
}

std::vector<std::string> SplitByNul(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\0', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string WithoutNewline(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void ListBelow(FileSystem& files, const std::string& folder, const std::string& prefix,
               std::vector<std::string>& paths) {
  for (const DirectoryEntry& entry : files.List(folder + "/" + prefix)) {
    if (std::ranges::find(kSkipped, entry.name) != kSkipped.end()) continue;
    const std::string path = prefix + entry.name;
    if (entry.kind == FileKind::kDirectory) {
      ListBelow(files, folder, path + "/", paths);
    } else if (entry.kind != FileKind::kOther) {
      paths.push_back(path);
    }
  }
}

class Capture {
 public:
  Capture(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  void Add(const std::string& path) {
    const std::string absolute = folder_ + "/" + path;
    FileInfo info;
    try {
      info = files_.Stat(absolute);
    } catch (const Error& error) {
      if (error.code() == Code::kNotFound) return;  // tracked by git, deleted in the work tree
      throw;
    }
    if (info.kind == FileKind::kLink) return AddLink(path, files_.ReadLink(absolute));
    if (info.kind != FileKind::kFile) return;  // a submodule's folder, a socket
    total_ += info.size;
    if (total_ > kMostBytes) {
      throw InvalidField(
          "code", "more than 1 GiB below " + folder_ +
                      ": leave files out by .gitignore, name another --workdir, or pass data by --input "
                      "(reached at " +
                      path + ")");
    }
    const bool executable = (info.mode & 0100) != 0;
    AddEntry({path, executable ? content::EntryMode::kExecutable : content::EntryMode::kFile, info.size,
              Hash(absolute)},
             {false, absolute});
  }

  CapturedCode Finish() {
    captured_.manifest = content::Manifest::Of(std::move(entries_));
    return std::move(captured_);
  }

 private:
  void AddLink(const std::string& path, const std::string& target) {
    if (!content::LinkStaysInside(path, target)) {
      throw InvalidField(
          "code", "a link leaves the folder: remove it or name a --workdir that holds its target (" + path +
                      " -> " + target + ")");
    }
    AddEntry({path, content::EntryMode::kLink, target.size(), DigestOf(target)}, {true, target});
  }
  void AddEntry(content::ManifestEntry entry, CapturedCode::Source source) {
    captured_.sources.emplace(entry.digest, std::move(source));
    entries_.push_back(std::move(entry));
  }
  Digest Hash(const std::string& path) {
    const auto file = files_.Open(path, OpenMode::kRead);
    Blake3 hasher;
    uint64_t offset = 0;
    while (const size_t got = file->ReadAt(offset, block_)) {
      hasher.Update(std::span(block_).first(got));
      offset += got;
    }
    return hasher.Finish();
  }

  FileSystem& files_;
  std::string folder_;
  std::vector<content::ManifestEntry> entries_;
  CapturedCode captured_;
  uint64_t total_ = 0;
  std::vector<std::byte> block_ = std::vector<std::byte>(1 << 20);
};

}  // namespace

CapturedCode CaptureCode(FileSystem& files, Processes& processes, const std::string& folder) {
  Capture capture(files, folder);
  const auto listed =
      Git(processes, folder, {"ls-files", "-z", "--cached", "--others", "--exclude-standard"});
  if (!listed) {
    std::vector<std::string> paths;
    ListBelow(files, folder, "", paths);
    for (const std::string& path : paths) capture.Add(path);
    return capture.Finish();
  }
  std::vector<std::string> paths = SplitByNul(*listed);
  std::ranges::sort(paths);  // a path in conflict is listed once for each side
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (const std::string& path : paths) capture.Add(path);
  CapturedCode code = capture.Finish();

  const auto commit = Git(processes, folder, {"rev-parse", "--verify", "HEAD"});
  if (commit) code.commit = WithoutNewline(*commit);
  const auto status =
      Git(processes, folder, {"status", "--porcelain", "--untracked-files=normal", "--", "."});
  code.dirty = status && !status->empty();
  if (commit && code.dirty) {
    auto difference = Git(processes, folder, {"diff", "--binary", "--no-ext-diff", "HEAD", "--", "."});
    if (difference && !difference->empty()) code.difference = std::move(difference);
  }
  return code;
}

}  // namespace orrery::cli
