#include "base/durable_file_system.h"

#include <utility>

#include "base/error.h"

namespace orrery {
namespace {

template <typename Sync>
void SyncOrStop(const DurableFileSystem::OnUnknown& on_unknown, const Sync& sync) {
  try {
    sync();
  } catch (const Error& error) {
    // The folder is gone or was never there: nothing that this process still means to keep.
    if (error.code() != Code::kStorageFull && error.code() != Code::kNotFound) on_unknown(error.what());
    throw;
  }
}

}  // namespace

class DurableFileSystem::DurableFile final : public File {
 public:
  DurableFile(const OnUnknown& on_unknown, std::unique_ptr<File> inner)
      : on_unknown_(on_unknown), inner_(std::move(inner)) {}

  size_t ReadAt(uint64_t offset, std::span<std::byte> out) override { return inner_->ReadAt(offset, out); }
  void WriteAt(uint64_t offset, std::span<const std::byte> data) override { inner_->WriteAt(offset, data); }
  void Truncate(uint64_t size) override { inner_->Truncate(size); }
  void Sync() override {
    SyncOrStop(on_unknown_, [this] { inner_->Sync(); });
  }
  uint64_t Size() override { return inner_->Size(); }
  int Descriptor() const override { return inner_->Descriptor(); }

 private:
  const OnUnknown& on_unknown_;
  std::unique_ptr<File> inner_;
};

std::unique_ptr<File> DurableFileSystem::Open(const std::string& path, OpenMode mode, uint32_t permissions) {
  return std::make_unique<DurableFile>(on_unknown_, inner_.Open(path, mode, permissions));
}

void DurableFileSystem::SyncDirectory(const std::string& path) {
  SyncOrStop(on_unknown_, [&] { inner_.SyncDirectory(path); });
}

}  // namespace orrery
