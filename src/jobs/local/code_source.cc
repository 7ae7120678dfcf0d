#include "jobs/local/code_source.h"

#include "base/error.h"

namespace orrery::jobs::local {

std::string CodeSource::ReadAll(const Digest& digest, std::size_t most) {
  std::string bytes;
  Read(digest, [&](std::span<const std::byte> block) {
    if (bytes.size() + block.size() > most) {
      throw Error(Code::kResourceExhausted,
                  "object is larger than " + std::to_string(most) + " bytes: " + digest.text());
    }
    bytes.append(reinterpret_cast<const char*>(block.data()), block.size());
  });
  return bytes;
}

}  // namespace orrery::jobs::local
