#include "jobs/local/stored_code.h"

#include <vector>

namespace orrery::jobs::local {

void StoredCode::Read(const Digest& digest, const std::function<void(std::span<const std::byte>)>& sink) {
  constexpr std::size_t kBlock = 256 << 10;
  const auto object = store_.Open(digest);
  std::vector<std::byte> block(kBlock);
  for (uint64_t offset = 0; offset < object->size();) {
    const std::size_t got = object->ReadAt(offset, block);
    if (got == 0) break;
    sink(std::span(block).first(got));
    offset += got;
  }
}

}  // namespace orrery::jobs::local
