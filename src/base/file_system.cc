#include "base/file_system.h"

#include <atomic>

#include "base/error.h"

namespace orrery {

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool FileSystem::Exists(const std::string& path) {
  try {
    Stat(path);
    return true;
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return false;
    throw;
  }
}

void FileSystem::CreateDirectories(const std::string& path) {
  if (path.empty() || path == "/" || path == "." || Exists(path)) return;
  CreateDirectories(ParentOf(path));
  CreateDirectory(path);
}

void FileSystem::RemoveAll(const std::string& path) {
  if (!Exists(path)) return;
  if (Stat(path).kind == FileKind::kDirectory) {
    for (const DirectoryEntry& entry : List(path)) RemoveAll(path + "/" + entry.name);
  }
  Remove(path);
}

std::string FileSystem::ReadAll(const std::string& path, uint64_t most) {
  const auto file = Open(path, OpenMode::kRead);
  const uint64_t size = file->Size();
  if (size > most) {
    throw Error(Code::kResourceExhausted, "file is larger than " + std::to_string(most) + " bytes: " + path);
  }
  std::string content(size, '\0');
  content.resize(file->ReadAt(0, std::as_writable_bytes(std::span(content))));
  return content;
}

void FileSystem::WriteDurably(const std::string& path, std::string_view content, uint32_t permissions) {
  static std::atomic<uint64_t> counter = 0;
  const std::string temporary = path + ".tmp" + std::to_string(counter++);
  try {
    const auto file = Open(temporary, OpenMode::kCreateTruncate, permissions);
    file->WriteAt(0, std::as_bytes(std::span(content)));
    file->Sync();
    Rename(temporary, path);
  } catch (const Error&) {
    try {
      if (Exists(temporary)) Remove(temporary);
    } catch (const Error&) {
      // The first error says what went wrong; a left-over temporary file is harmless.
    }
    throw;
  }
  SyncDirectory(ParentOf(path));
}

}  // namespace orrery
