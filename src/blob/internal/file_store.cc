#include "blob/internal/file_store.h"

#include "base/error.h"
#include "base/log.h"

namespace orrery::blob {
namespace {

class FileObject final : public Object {
 public:
  explicit FileObject(std::unique_ptr<File> file) : file_(std::move(file)), size_(file_->Size()) {}
  uint64_t size() const override { return size_; }
  size_t ReadAt(uint64_t offset, std::span<std::byte> out) override { return file_->ReadAt(offset, out); }

 private:
  std::unique_ptr<File> file_;
  uint64_t size_;
};

}  // namespace

class FileStore::FileUpload final : public Upload {
 public:
  explicit FileUpload(FileStore& store)
      : store_(store),
        path_(store.root_ + "/staging/" + store.random_.Hex(16)),
        file_(store.files_.Open(path_, OpenMode::kCreateNew, 0644)) {}
  ~FileUpload() override {
    if (committed_) return;
    try {
      file_.reset();
      store_.files_.Remove(path_);
    } catch (const Error& error) {
      Log(LogLevel::kWarning, "an abandoned upload stays until the next start", {{"reason", error.what()}});
    }
  }

  void Write(std::span<const std::byte> data) override {
    file_->WriteAt(size_, data);
    size_ += data.size();
  }
  void Commit(const Key& key) override {
    const std::string path = store_.PathOf(key);
    file_->Sync();
    store_.CreateFolderDurably(ParentOf(path));
    store_.files_.Rename(path_, path);
    committed_ = true;
    store_.files_.SyncDirectory(ParentOf(path));
  }

 private:
  FileStore& store_;
  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  bool committed_ = false;
};

FileStore::FileStore(std::string root, FileSystem& files, Random& random)
    : root_(std::move(root)), files_(files), random_(random) {
  files_.CreateDirectories(root_ + "/objects");
  files_.RemoveAll(root_ + "/staging");
  files_.CreateDirectories(root_ + "/staging");
  files_.SyncDirectory(root_);
  files_.SyncDirectory(ParentOf(root_));
  durable_folders_.insert(root_ + "/objects");
}

std::unique_ptr<Upload> FileStore::Begin() {
  return std::make_unique<FileUpload>(*this);
}

std::unique_ptr<Object> FileStore::Open(const Key& key) {
  return std::make_unique<FileObject>(files_.Open(PathOf(key), OpenMode::kRead));
}

std::optional<uint64_t> FileStore::SizeOf(const Key& key) {
  if (!files_.Exists(PathOf(key))) return std::nullopt;
  return files_.Stat(PathOf(key)).size;
}

void FileStore::Delete(const Key& key) {
  if (!files_.Exists(PathOf(key))) return;
  files_.Remove(PathOf(key));
  files_.SyncDirectory(ParentOf(PathOf(key)));
}

void FileStore::List(const std::function<void(const Key&, uint64_t)>& visit) {
  ListBelow("", visit);
}

void FileStore::ListBelow(const std::string& prefix, const std::function<void(const Key&, uint64_t)>& visit) {
  for (const DirectoryEntry& entry : files_.List(root_ + "/objects/" + prefix)) {
    const std::string name = prefix + entry.name;
    if (entry.kind == FileKind::kDirectory) {
      ListBelow(name + "/", visit);
    } else if (entry.kind == FileKind::kFile) {
      visit(Key::Parse(name), files_.Stat(root_ + "/objects/" + name).size);
    }
  }
}

void FileStore::CreateFolderDurably(const std::string& path) {
  {
    const std::scoped_lock lock(mutex_);
    if (durable_folders_.contains(path)) return;
  }
  CreateFolderDurably(ParentOf(path));
  files_.CreateDirectory(path);
  files_.SyncDirectory(ParentOf(path));
  const std::scoped_lock lock(mutex_);
  durable_folders_.insert(path);
}

}  // namespace orrery::blob
