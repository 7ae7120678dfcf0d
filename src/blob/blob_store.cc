#include "blob/blob_store.h"

#include "base/error.h"
#include "blob/internal/file_store.h"

namespace orrery::blob {

Key Key::Parse(std::string_view text) {
  constexpr size_t kLongest = 512;
  bool valid = !text.empty() && text.size() <= kLongest;
  size_t begin = 0;
  while (valid && begin <= text.size()) {
    const size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view segment = text.substr(begin, end - begin);
    valid = !segment.empty() && segment != "." && segment != "..";
    for (const char c : segment) {
      valid = valid && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        c == '.' || c == '_' || c == '-');
    }
    begin = end + 1;
  }
  if (!valid) throw InvalidField("key", "not a blob key: " + Quoted(text));
  Key key;
  key.text_ = text;
  return key;
}

std::unique_ptr<BlobStore> OpenBlobStore(std::string_view uri, FileSystem& files, Random& random) {
  constexpr std::string_view kFile = "file://";
  if (!uri.starts_with("file:///") || uri.size() == std::string_view("file:///").size()) {
    throw InvalidField("blobs", "expected file:///absolute/folder, got " + Quoted(uri));
  }
  return std::make_unique<FileStore>(std::string(uri.substr(kFile.size())), files, random);
}

}  // namespace orrery::blob
