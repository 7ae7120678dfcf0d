#include "sql/sqlite/faulty_vfs.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <new>
#include <string_view>
#include <thread>

#include <sqlite3.h>

namespace orrery::sql {

struct FaultyVfs::Registered {
  sqlite3_vfs vfs{};
  sqlite3_vfs* inner = nullptr;
  FaultPlan* plan = nullptr;
  std::string name;
};

namespace {

/// What SQLite keeps for an open file: ours, and behind it the inner layer's.
struct OpenFile {
  sqlite3_file base;
  FaultPlan* plan;
  const char* area;
  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& methods() { return *inner()->pMethods; }
};

OpenFile& Ours(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file);
}

sqlite3_vfs* Inner(sqlite3_vfs* vfs) {
  return static_cast<FaultyVfs::Registered*>(vfs->pAppData)->inner;
}

FaultPlan& Plan(sqlite3_vfs* vfs) {
  return *static_cast<FaultyVfs::Registered*>(vfs->pAppData)->plan;
}

/// Does `call` as the plan says. `failure` is what the call answers when it fails.
template <typename Call>
int Through(FaultPlan& plan, const std::string& site, int failure, const Call& call) {
  const auto fault = plan.Next(site);
  if (!fault) return call();
  switch (fault->kind) {
    case Fault::Kind::kError:
      errno = fault->error_number;
      return failure;
    case Fault::Kind::kShort:
      errno = EIO;
      return failure;
    case Fault::Kind::kTorn:
    case Fault::Kind::kCrashBefore:
      CrashByPlan();
    case Fault::Kind::kLie:
      return SQLITE_OK;
    case Fault::Kind::kDelay:
      std::this_thread::sleep_for(std::chrono::milliseconds(fault->amount));
      return call();
    case Fault::Kind::kCrashAfter:
      call();
      CrashByPlan();
  }
  return call();
}

template <typename Call>
int Through(OpenFile& file, const char* name, int failure, const Call& call) {
  return Through(*file.plan, std::string(file.area) + "." + name, failure, call);
}

int Close(sqlite3_file* file) {
  return Ours(file).methods().xClose(Ours(file).inner());
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return Through(Ours(file), "read", SQLITE_IOERR_READ,
                 [&] { return Ours(file).methods().xRead(Ours(file).inner(), out, size, offset); });
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  OpenFile& ours = Ours(file);
  const auto write = [&](int bytes) {
    return bytes == 0 ? SQLITE_OK : ours.methods().xWrite(ours.inner(), data, bytes, offset);
  };
  const auto fault = ours.plan->Next(std::string(ours.area) + ".write");
  if (!fault) return write(size);
  switch (fault->kind) {
    case Fault::Kind::kShort:
      write(size / 2);
      errno = ENOSPC;
      return SQLITE_FULL;
    case Fault::Kind::kTorn:
      write(static_cast<int>(std::min<uint64_t>(static_cast<uint64_t>(size), fault->amount)));
      CrashByPlan();
    case Fault::Kind::kError:
      errno = fault->error_number;
      return fault->error_number == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case Fault::Kind::kCrashBefore:
      CrashByPlan();
    case Fault::Kind::kLie:
      return SQLITE_OK;
    case Fault::Kind::kDelay:
      std::this_thread::sleep_for(std::chrono::milliseconds(fault->amount));
      return write(size);
    case Fault::Kind::kCrashAfter:
      write(size);
      CrashByPlan();
  }
  return write(size);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return Through(Ours(file), "truncate", SQLITE_IOERR_TRUNCATE,
                 [&] { return Ours(file).methods().xTruncate(Ours(file).inner(), size); });
}

int Sync(sqlite3_file* file, int flags) {
  return Through(Ours(file), "sync", SQLITE_IOERR_FSYNC,
                 [&] { return Ours(file).methods().xSync(Ours(file).inner(), flags); });
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  *size = 0;
  return Through(Ours(file), "size", SQLITE_IOERR_FSTAT,
                 [&] { return Ours(file).methods().xFileSize(Ours(file).inner(), size); });
}

int Lock(sqlite3_file* file, int lock) {
  return Ours(file).methods().xLock(Ours(file).inner(), lock);
}

int Unlock(sqlite3_file* file, int lock) {
  return Ours(file).methods().xUnlock(Ours(file).inner(), lock);
}

int CheckReservedLock(sqlite3_file* file, int* result) {
  return Ours(file).methods().xCheckReservedLock(Ours(file).inner(), result);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Ours(file).methods().xFileControl(Ours(file).inner(), operation, argument);
}

int SectorSize(sqlite3_file* file) {
  return Ours(file).methods().xSectorSize(Ours(file).inner());
}

int DeviceCharacteristics(sqlite3_file* file) {
  return Ours(file).methods().xDeviceCharacteristics(Ours(file).inner());
}

int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  *out = nullptr;
  return Through(Ours(file), "shm", SQLITE_IOERR_SHMMAP,
                 [&] { return Ours(file).methods().xShmMap(Ours(file).inner(), page, size, extend, out); });
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Ours(file).methods().xShmLock(Ours(file).inner(), offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) {
  Ours(file).methods().xShmBarrier(Ours(file).inner());
}

int ShmUnmap(sqlite3_file* file, int remove) {
  return Ours(file).methods().xShmUnmap(Ours(file).inner(), remove);
}

// Version 2: no memory-mapped reads, which no plan could fail.
constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

const char* AreaOf(int flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return "db";
  if ((flags & SQLITE_OPEN_WAL) != 0) return "wal";
  return (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 ? "journal" : "temp";
}

const char* AreaOf(std::string_view path) {
  if (path.ends_with("-wal")) return "wal";
  return path.ends_with("-journal") ? "journal" : "db";
}

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* ours = new (file) OpenFile{{nullptr}, &Plan(vfs), AreaOf(flags)};
  ours->inner()->pMethods = nullptr;
  const int result = Through(*ours, "open", SQLITE_CANTOPEN, [&] {
    return Inner(vfs)->xOpen(Inner(vfs), path, ours->inner(), flags, out_flags);
  });
  // A file that was never opened is one that cannot be opened: nothing could be forwarded to it.
  if (ours->inner()->pMethods == nullptr) return result == SQLITE_OK ? SQLITE_CANTOPEN : result;
  ours->base.pMethods = &kMethods;
  return result;
}

int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  return Through(Plan(vfs), std::string(AreaOf(std::string_view(path))) + ".delete", SQLITE_IOERR_DELETE,
                 [&] { return Inner(vfs)->xDelete(Inner(vfs), path, sync_folder); });
}

int Access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  return Inner(vfs)->xAccess(Inner(vfs), path, flags, result);
}

int FullPathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return Inner(vfs)->xFullPathname(Inner(vfs), path, size, out);
}

int Randomness(sqlite3_vfs* vfs, int size, char* out) {
  return Inner(vfs)->xRandomness(Inner(vfs), size, out);
}

int Sleep(sqlite3_vfs* vfs, int microseconds) {
  return Inner(vfs)->xSleep(Inner(vfs), microseconds);
}

int CurrentTime(sqlite3_vfs* vfs, double* out) {
  return Inner(vfs)->xCurrentTime(Inner(vfs), out);
}

int GetLastError(sqlite3_vfs*, int, char*) {
  return errno;
}

int CurrentTimeInt64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return Inner(vfs)->xCurrentTimeInt64(Inner(vfs), out);
}

}  // namespace

FaultyVfs::FaultyVfs(FaultPlan& plan) : registered_(std::make_unique<Registered>()) {
  static std::atomic<int> counter = 0;
  for (const char* area : {"db", "wal"}) {
    plan.Declare(area, {"open", "read", "write", "truncate", "sync", "size", "delete"});
  }
  plan.Declare("db", {"shm"});
  sqlite3_initialize();
  Registered& ours = *registered_;
  ours.inner = sqlite3_vfs_find(nullptr);
  ours.plan = &plan;
  ours.name = "orrery-faults-" + std::to_string(counter++);
  ours.vfs.iVersion = 2;
  ours.vfs.szOsFile = static_cast<int>(sizeof(OpenFile)) + ours.inner->szOsFile;
  ours.vfs.mxPathname = ours.inner->mxPathname;
  ours.vfs.zName = ours.name.c_str();
  ours.vfs.pAppData = &ours;
  ours.vfs.xOpen = Open;
  ours.vfs.xDelete = Delete;
  ours.vfs.xAccess = Access;
  ours.vfs.xFullPathname = FullPathname;
  ours.vfs.xRandomness = Randomness;
  ours.vfs.xSleep = Sleep;
  ours.vfs.xCurrentTime = CurrentTime;
  ours.vfs.xGetLastError = GetLastError;
  ours.vfs.xCurrentTimeInt64 = CurrentTimeInt64;
  sqlite3_vfs_register(&ours.vfs, 0);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&registered_->vfs);
}

const std::string& FaultyVfs::name() const {
  return registered_->name;
}

}  // namespace orrery::sql
