#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/faulty_file_system.h"
#include "base/file_system.h"
#include "base/processes.h"
#include "content/manifest.h"
#include "jobs/local/code_source.h"
#include "jobs/local/local_executor.h"

namespace orrery::jobs::local {

/// Code in memory, for tests.
class MapCode : public CodeSource {
 public:
  Digest Put(const std::string& bytes) {
    const Digest digest = DigestOf(bytes);
    objects_[digest] = bytes;
    return digest;
  }
  content::ManifestEntry Entry(const std::string& path, content::EntryMode mode, const std::string& bytes) {
    return {path, mode, bytes.size(), Put(bytes)};
  }
  void Read(const Digest& digest, const std::function<void(std::span<const std::byte>)>& sink) override {
    const auto found = objects_.find(digest);
    if (found == objects_.end()) throw Error(Code::kNotFound, "no such object: " + digest.text());
    sink(std::as_bytes(std::span(found->second)));
  }

 private:
  std::map<Digest, std::string> objects_;
};

/// A LocalExecutor with real supervisors in a folder of its own, for tests; Restart replaces it as a new server would.
class TestExecutor {
 public:
  explicit TestExecutor(const std::vector<GpuDevice>& gpus = {}) {
    std::string path = std::filesystem::temp_directory_path().string() + "/executor.XXXXXX";
    if (!mkdtemp(path.data())) std::abort();
    options.data_directory = path;
    options.python = "/usr/bin/python3";
    options.base_env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    options.node = {"here", 4, 8LL << 30, gpus};
    options.groups = {FindGroupPlaces(real_files), path};
    Restart();
  }
  ~TestExecutor() {
    Stop();
    std::filesystem::remove_all(options.data_directory);
  }

  void Stop() {
    watch_.reset();
    executor_.reset();
  }
  void Restart() {
    Stop();
    executor_ = std::make_unique<LocalExecutor>(options, files, processes, clock, code);
    watch_ = executor_->Watch([this] {
      const std::scoped_lock lock(mutex_);
      changed_ = true;
      condition_.notify_all();
    });
  }

  LocalExecutor& operator*() { return *executor_; }
  LocalExecutor* operator->() { return executor_.get(); }

  static AttemptLaunch Launch(const std::string& script, const std::string& job = "job", int number = 1) {
    AttemptLaunch launch;
    launch.id = {job, number};
    launch.command = {"sh", "-c", script};
    return launch;
  }
  std::string Path(const AttemptId& id, const std::string& name) const {
    return options.data_directory + "/jobs/" + id.job_id + "/" + std::to_string(id.number) + "/" + name;
  }

  std::optional<AttemptObservation> Seen(const AttemptId& id) {
    for (const AttemptObservation& seen : executor_->Observe()) {
      if (seen.id == id) return seen;
    }
    return std::nullopt;
  }
  /// Waits for the executor's word until the attempt is in `phase`.
  AttemptObservation WaitFor(const AttemptId& id, AttemptPhase phase = AttemptPhase::kEnded) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_ = false;
      lock.unlock();
      const auto seen = Seen(id);
      if (seen && seen->phase == phase) return *seen;
      lock.lock();
      if (!condition_.wait_until(lock, deadline, [&] { return changed_; })) break;
    }
    ADD_FAILURE() << id.job_id << " did not get there";
    return {};
  }
  AttemptOutcome Run(const AttemptLaunch& launch) {
    executor_->Start(launch);
    return WaitFor(launch.id).outcome.value_or(AttemptOutcome{});
  }
  std::string Log(const AttemptId& id) {
    const auto log = executor_->OpenLog(id);
    return log ? log->Read(0, log->Size()).bytes : "no log";
  }

  PosixFileSystem real_files;
  FaultPlan plan;
  FaultyFileSystem files{real_files, plan};
  PosixProcesses processes;
  SystemClock clock;
  MapCode code;
  LocalExecutorOptions options;

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool changed_ = false;
  std::unique_ptr<LocalExecutor> executor_;
  std::unique_ptr<Subscription> watch_;
};

}  // namespace orrery::jobs::local
