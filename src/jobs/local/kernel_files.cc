#include "jobs/local/kernel_files.h"

#include <span>

#include "base/error.h"

namespace orrery::jobs::local {

std::string ReadKernelFile(FileSystem& files, const std::string& path) {
  constexpr std::size_t kBlock = 64u << 10;
  try {
    const auto file = files.Open(path, OpenMode::kRead);
    std::string text;
    while (true) {
      const std::size_t at = text.size();
      text.resize(at + kBlock);
      const std::size_t got = file->ReadAt(at, std::as_writable_bytes(std::span(text).subspan(at)));
      text.resize(at + got);
      if (got == 0) return text;
    }
  } catch (const Error&) {
    return {};  // the kernel does not have it
  }
}

bool WriteKernelFile(FileSystem& files, const std::string& path, std::string_view value) {
  try {
    files.Open(path, OpenMode::kReadWrite)->WriteAt(0, std::as_bytes(std::span(value)));
    return true;
  } catch (const Error&) {
    return false;  // refused, for reasons of its own: the caller does without
  }
}

}  // namespace orrery::jobs::local
