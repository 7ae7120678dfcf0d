#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/fault_plan.h"
#include "base/file_system.h"

namespace orrery {

/// Forwards to another file system and does to each call what a plan says, to those on open files too.
///
/// A site is AREA.CALL: the area is that of the longest given folder which holds the path, "file" elsewhere; the call is
/// one of open, read, write, truncate, sync, size, rename, remove, mkdir, syncdir, list, stat, link, readlink, chmod,
/// space. A rename belongs to its target.
class FaultyFileSystem final : public FileSystem {
 public:
  struct Area {
    std::string folder;  ///< absolute
    std::string name;    ///< "blob"
  };

  /// `inner` and `plan` must outlive this object.
  FaultyFileSystem(FileSystem& inner, FaultPlan& plan, std::vector<Area> areas = {});

  std::unique_ptr<File> Open(const std::string& path, OpenMode mode, uint32_t permissions = 0644) override;
  void Rename(const std::string& from, const std::string& to) override;
  void Remove(const std::string& path) override;
  void CreateDirectory(const std::string& path, uint32_t permissions = 0755) override;
  void SyncDirectory(const std::string& path) override;
  std::vector<DirectoryEntry> List(const std::string& path) override;
  FileInfo Stat(const std::string& path) override;
  void CreateLink(const std::string& target, const std::string& path) override;
  std::string ReadLink(const std::string& path) override;
  void SetMode(const std::string& path, uint32_t permissions) override;
  uint64_t FreeSpace(const std::string& path) override;

 private:
  class FaultyFile;

  const std::string& AreaOf(const std::string& path) const;
  /// Does `call` as the plan says for a call of this name on this path.
  template <typename Call>
  std::invoke_result_t<const Call&> Through(const char* name, const std::string& path, const Call& call);

  FileSystem& inner_;
  FaultPlan& plan_;
  std::vector<Area> areas_;  // the longest folder first, "file" last
};

}  // namespace orrery
