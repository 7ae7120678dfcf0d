#include "base/faulty_file_system.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/error.h"

namespace orrery {
namespace {

bool Holds(const std::string& folder, const std::string& path) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || path[folder.size()] == '/' || folder.empty());
}

}  // namespace

class FaultyFileSystem::FaultyFile final : public File {
 public:
  FaultyFile(FaultyFileSystem& files, std::string path, std::unique_ptr<File> inner)
      : files_(files), path_(std::move(path)), inner_(std::move(inner)) {}

  size_t ReadAt(uint64_t offset, std::span<std::byte> out) override {
    return files_.Through("read", path_, [&] { return inner_->ReadAt(offset, out); });
  }
  void WriteAt(uint64_t offset, std::span<const std::byte> data) override {
    const std::string site = files_.AreaOf(path_) + ".write";
    const auto fault = files_.plan_.Next(site);
    if (!fault) return inner_->WriteAt(offset, data);
    switch (fault->kind) {
      case Fault::Kind::kShort:
        inner_->WriteAt(offset, data.first(data.size() / 2));
        throw SystemError(fault->error_number, "injected fault at " + site + ":", path_);
      case Fault::Kind::kTorn:
        inner_->WriteAt(offset, data.first(std::min<size_t>(data.size(), fault->amount)));
        CrashByPlan();
      case Fault::Kind::kError:
        throw SystemError(fault->error_number, "injected fault at " + site + ":", path_);
      case Fault::Kind::kCrashBefore:
        CrashByPlan();
      case Fault::Kind::kLie:
        return;
      case Fault::Kind::kDelay:
        std::this_thread::sleep_for(std::chrono::milliseconds(fault->amount));
        return inner_->WriteAt(offset, data);
      case Fault::Kind::kCrashAfter:
        inner_->WriteAt(offset, data);
        CrashByPlan();
    }
  }
  void Truncate(uint64_t size) override {
    files_.Through("truncate", path_, [&] { inner_->Truncate(size); });
  }
  void Sync() override {
    files_.Through("sync", path_, [&] { inner_->Sync(); });
  }
  uint64_t Size() override {
    return files_.Through("size", path_, [&] { return inner_->Size(); });
  }
  int Descriptor() const override { return inner_->Descriptor(); }

 private:
  FaultyFileSystem& files_;
  std::string path_;
  std::unique_ptr<File> inner_;
};

FaultyFileSystem::FaultyFileSystem(FileSystem& inner, FaultPlan& plan, std::vector<Area> areas)
    : inner_(inner), plan_(plan), areas_(std::move(areas)) {
  std::sort(areas_.begin(), areas_.end(),
            [](const Area& a, const Area& b) { return a.folder.size() > b.folder.size(); });
  areas_.push_back({"", "file"});
  for (const Area& area : areas_) {
    plan_.Declare(area.name, {"open", "read", "write", "truncate", "sync", "size", "rename", "remove",
                              "mkdir", "syncdir", "list", "stat", "link", "readlink", "chmod", "space"});
  }
}

const std::string& FaultyFileSystem::AreaOf(const std::string& path) const {
  const auto area =
      std::find_if(areas_.begin(), areas_.end(), [&](const Area& one) { return Holds(one.folder, path); });
  return area->name;
}

template <typename Call>
std::invoke_result_t<const Call&> FaultyFileSystem::Through(const char* name, const std::string& path,
                                                            const Call& call) {
  using Result = std::invoke_result_t<const Call&>;
  const std::string site = AreaOf(path) + "." + name;
  const auto fault = plan_.Next(site);
  if (!fault) return call();
  switch (fault->kind) {
    case Fault::Kind::kError:
      throw SystemError(fault->error_number, "injected fault at " + site + ":", path);
    case Fault::Kind::kShort:
      throw SystemError(EIO, "injected fault at " + site + ":", path);
    case Fault::Kind::kTorn:
    case Fault::Kind::kCrashBefore:
      CrashByPlan();
    case Fault::Kind::kLie:
      return Result();
    case Fault::Kind::kDelay:
      std::this_thread::sleep_for(std::chrono::milliseconds(fault->amount));
      return call();
    case Fault::Kind::kCrashAfter:
      static_cast<void>(call());
      CrashByPlan();
  }
  return call();
}

std::unique_ptr<File> FaultyFileSystem::Open(const std::string& path, OpenMode mode, uint32_t permissions) {
  auto file = Through("open", path, [&] { return inner_.Open(path, mode, permissions); });
  if (!file) throw SystemError(ENOENT, "injected fault: pretended to open", path);
  return std::make_unique<FaultyFile>(*this, path, std::move(file));
}

void FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  Through("rename", to, [&] { inner_.Rename(from, to); });
}

void FaultyFileSystem::Remove(const std::string& path) {
  Through("remove", path, [&] { inner_.Remove(path); });
}

void FaultyFileSystem::CreateDirectory(const std::string& path, uint32_t permissions) {
  Through("mkdir", path, [&] { inner_.CreateDirectory(path, permissions); });
}

void FaultyFileSystem::SyncDirectory(const std::string& path) {
  Through("syncdir", path, [&] { inner_.SyncDirectory(path); });
}

std::vector<DirectoryEntry> FaultyFileSystem::List(const std::string& path) {
  return Through("list", path, [&] { return inner_.List(path); });
}

FileInfo FaultyFileSystem::Stat(const std::string& path) {
  return Through("stat", path, [&] { return inner_.Stat(path); });
}

void FaultyFileSystem::CreateLink(const std::string& target, const std::string& path) {
  Through("link", path, [&] { inner_.CreateLink(target, path); });
}

std::string FaultyFileSystem::ReadLink(const std::string& path) {
  return Through("readlink", path, [&] { return inner_.ReadLink(path); });
}

void FaultyFileSystem::SetMode(const std::string& path, uint32_t permissions) {
  Through("chmod", path, [&] { inner_.SetMode(path, permissions); });
}

uint64_t FaultyFileSystem::FreeSpace(const std::string& path) {
  return Through("space", path, [&] { return inner_.FreeSpace(path); });
}

}  // namespace orrery
