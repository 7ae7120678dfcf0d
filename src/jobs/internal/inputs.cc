#include "jobs/internal/inputs.h"

#include <span>
#include <string>

#include "base/error.h"
#include "base/hash.h"

namespace orrery::jobs::internal {
namespace {

constexpr size_t kBlock = 1 << 20;
constexpr int kMostLinks = 40;  // as the kernel does

/// The path that `path` stands for in the end: opening a pipe by mistake would wait for ever.
std::string FollowLinks(FileSystem& files, std::string path, const std::string& field) {
  for (int i = 0; i < kMostLinks; ++i) {
    const FileInfo info = files.Stat(path);
    if (info.kind == FileKind::kFile) return path;
    if (info.kind == FileKind::kDirectory) {
      throw InvalidField(field, "is a directory: name its files one by one, got " + Quoted(path));
    }
    if (info.kind != FileKind::kLink) throw InvalidField(field, "is not a regular file, got " + Quoted(path));
    const std::string target = files.ReadLink(path);
    path = target.starts_with('/') ? target : ParentOf(path) + "/" + target;
  }
  throw InvalidField(field, "too many symbolic links, got " + Quoted(path));
}

void HashOne(InputSpec& input, FileSystem& files, const std::string& field) {
  const std::string path = FollowLinks(files, input.path, field + ".path");
  const auto file = files.Open(path, OpenMode::kRead);
  Blake3 hasher;
  std::string block(kBlock, '\0');
  uint64_t size = 0;
  while (true) {
    const size_t read = file->ReadAt(size, std::as_writable_bytes(std::span(block)));
    if (read == 0) break;
    hasher.Update(std::string_view(block).substr(0, read));
    size += read;
  }
  const std::string digest = hasher.Finish().text();
  if (input.size && *input.size != static_cast<int64_t>(size)) {
    throw InvalidField(field + ".size", "the file has another size: expected " + std::to_string(*input.size) +
                                            " bytes, found " + std::to_string(size));
  }
  if (input.digest && *input.digest != digest) {
    throw InvalidField(field + ".digest",
                       "the file has another content: expected " + *input.digest + ", found " + digest);
  }
  input.digest = digest;
  input.size = static_cast<int64_t>(size);
}

}  // namespace

void HashInputs(std::vector<InputSpec>& inputs, FileSystem& files) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string field = "inputs[" + std::to_string(i) + "]";
    try {
      HashOne(inputs[i], files, field);
    } catch (const Error& error) {
      const bool callers = error.code() == Code::kNotFound || error.code() == Code::kPermissionDenied;
      if (!callers) throw;
      const std::string words =
          error.code() == Code::kNotFound ? "no such file" : "the server may not read it";
      throw InvalidField(field + ".path", words + ": " + Quoted(inputs[i].path));
    }
  }
}

}  // namespace orrery::jobs::internal
