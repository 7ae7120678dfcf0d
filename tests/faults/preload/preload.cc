// A library to preload into a server: it moves the wall clock and slows files down, as a control file says from one
// moment to the next. Clocks that measure durations are left alone.
//
// ORRERY_PRELOAD_CONTROL names the file, which holds the fields of Control. Without it, or before it is there, nothing is
// changed. No C++ library is needed, so that it can be loaded into any program.
#include <atomic>
#include <cstdint>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace {

struct Control {
  std::int64_t shift_us;  ///< added to the wall clock
  std::int64_t sync_us;   ///< each sync of a file takes so much longer
  std::int64_t read_us;   ///< and each read
};

const Control kNothing = {};

const Control& Wanted() {
  static std::atomic<const Control*> mapped = nullptr;
  if (const Control* control = mapped.load(std::memory_order_acquire)) return *control;
  const char* path = getenv("ORRERY_PRELOAD_CONTROL");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return kNothing;
  void* address = mmap(nullptr, sizeof(Control), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (address == MAP_FAILED) return kNothing;
  mapped.store(static_cast<const Control*>(address), std::memory_order_release);
  return *static_cast<const Control*>(address);
}

/// The function of the C library that one of ours stands before, looked up once into `kept`.
template <typename Function>
Function Next(std::atomic<void*>& kept, const char* name) {
  void* function = kept.load(std::memory_order_relaxed);
  if (function == nullptr) {
    function = dlsym(RTLD_NEXT, name);
    kept.store(function, std::memory_order_relaxed);
  }
  return reinterpret_cast<Function>(function);
}

void Pause(std::int64_t microseconds) {
  if (microseconds <= 0) return;
  timespec left = {microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  while (nanosleep(&left, &left) != 0) {
  }
}

void PauseBeforeRead(int file) {
  const std::int64_t wanted = __atomic_load_n(&Wanted().read_us, __ATOMIC_RELAXED);
  if (wanted <= 0) return;
  struct stat status = {};
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) Pause(wanted);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) {
  static std::atomic<void*> kept = nullptr;
  const int result = Next<int (*)(clockid_t, timespec*)>(kept, "clock_gettime")(clock, time);
  const std::int64_t shift = __atomic_load_n(&Wanted().shift_us, __ATOMIC_RELAXED);
  if (result != 0 || shift == 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const std::int64_t nanoseconds = time->tv_nsec + shift % 1'000'000 * 1000;
  const std::int64_t carried = nanoseconds < 0 ? -1 : nanoseconds / 1'000'000'000;
  time->tv_sec += shift / 1'000'000 + carried;
  time->tv_nsec = nanoseconds - carried * 1'000'000'000;
  return 0;
}

int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
  timespec now = {};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int fsync(int file) {
  static std::atomic<void*> kept = nullptr;
  Pause(__atomic_load_n(&Wanted().sync_us, __ATOMIC_RELAXED));
  return Next<int (*)(int)>(kept, "fsync")(file);
}

int fdatasync(int file) {
  static std::atomic<void*> kept = nullptr;
  Pause(__atomic_load_n(&Wanted().sync_us, __ATOMIC_RELAXED));
  return Next<int (*)(int)>(kept, "fdatasync")(file);
}

ssize_t read(int file, void* out, size_t size) {
  static std::atomic<void*> kept = nullptr;
  PauseBeforeRead(file);
  return Next<ssize_t (*)(int, void*, size_t)>(kept, "read")(file, out, size);
}

ssize_t pread(int file, void* out, size_t size, off_t offset) {
  static std::atomic<void*> kept = nullptr;
  PauseBeforeRead(file);
  return Next<ssize_t (*)(int, void*, size_t, off_t)>(kept, "pread")(file, out, size, offset);
}

ssize_t pread64(int file, void* out, size_t size, off64_t offset) {
  static std::atomic<void*> kept = nullptr;
  PauseBeforeRead(file);
  return Next<ssize_t (*)(int, void*, size_t, off64_t)>(kept, "pread64")(file, out, size, offset);
}

ssize_t preadv(int file, const iovec* parts, int count, off_t offset) {
  static std::atomic<void*> kept = nullptr;
  PauseBeforeRead(file);
  return Next<ssize_t (*)(int, const iovec*, int, off_t)>(kept, "preadv")(file, parts, count, offset);
}
}
