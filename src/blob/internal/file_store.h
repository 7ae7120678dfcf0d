#pragma once

#include <mutex>
#include <set>
#include <string>

#include "blob/blob_store.h"

namespace orrery::blob {

/// Objects as files below a folder.
///
///   ROOT/objects/KEY       complete objects
///   ROOT/staging/RANDOM    uploads: written, synced, then renamed into place, and the folder synced
class FileStore final : public BlobStore {
 public:
  FileStore(std::string root, FileSystem& files, Random& random);

  std::unique_ptr<Upload> Begin() override;
  std::unique_ptr<Object> Open(const Key& key) override;
  std::optional<uint64_t> SizeOf(const Key& key) override;
  void Delete(const Key& key) override;
  void List(const std::function<void(const Key&, uint64_t size)>& visit) override;

 private:
  class FileUpload;

  std::string PathOf(const Key& key) const { return root_ + "/objects/" + key.text(); }
  void CreateFolderDurably(const std::string& path);
  void ListBelow(const std::string& prefix, const std::function<void(const Key&, uint64_t)>& visit);

  std::string root_;
  FileSystem& files_;
  Random& random_;
  std::mutex mutex_;  // guards durable_folders_
  // That a folder is there does not make its name durable: another upload may have made it a moment ago, or a server that
  // was killed before it synced.
  std::set<std::string> durable_folders_;
};

}  // namespace orrery::blob
