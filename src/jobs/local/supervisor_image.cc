#include "jobs/local/supervisor_image.h"

#include <string_view>

#include "base/hash.h"

extern "C" {
extern const std::byte orrery_supervisor_image_begin[];
extern const std::byte orrery_supervisor_image_end[];
}

namespace orrery::jobs::local {

std::span<const std::byte> SupervisorImage() {
  return {orrery_supervisor_image_begin, orrery_supervisor_image_end};
}

std::string InstallSupervisor(FileSystem& files, const std::string& directory) {
  const std::span<const std::byte> image = SupervisorImage();
  const std::string_view bytes(reinterpret_cast<const char*>(image.data()), image.size());
  const Digest digest = DigestOf(bytes);
  const std::string path = directory + "/orrery-supervisor-" + std::string(digest.hex().substr(0, 16));
  if (files.Exists(path) && DigestOf(files.ReadAll(path)) == digest) return path;
  files.CreateDirectories(directory);
  files.WriteDurably(path, bytes, 0755);
  return path;
}

}  // namespace orrery::jobs::local
