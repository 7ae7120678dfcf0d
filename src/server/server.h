#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "api/system.h"
#include "base/clock.h"
#include "base/durable_file_system.h"
#include "base/file_system.h"
#include "base/network.h"
#include "base/processes.h"
#include "base/random.h"
#include "http/server.h"
#include "server/config.h"
#include "server/data_folder.h"

namespace orrery::server {

/// What the server reaches the outside by; a fault test hands in its own.
struct Seams {
  FileSystem& files;
  Processes& processes;
  Network& network;
  Clock& clock;
  Random& random;
  std::string sqlite_vfs;  ///< empty: the system's
};

/// One running Orrery: the one place that knows every module and wires them together.
///
///   construct: lock the data folder, migrate, adopt running jobs, listen, announce
///   Stop():    no new requests, running ones finish, the database closes; jobs go on under their supervisors
class Server {
 public:
  /// `seams` must outlive the server.
  /// Errors: invalid_argument (configuration), failed_precondition (another server has the folder; a newer database; a
  /// wide address without tokens), unavailable (the port is taken), storage_full.
  Server(const Config& config, const Seams& seams);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:7070"
  const std::string& url() const { return url_; }
  const std::string& data() const;
  /// A second call does nothing.
  void Stop();

 private:
  struct Domains;

  void CollectLoop(std::chrono::hours grace, std::chrono::days keep_environments);
  void SweepEnvironments(std::chrono::days keep);
  void EmptyTrash();

  std::string url_;
  DurableFileSystem files_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<Domains> domains_;
  http::Router router_;
  http::Metrics metrics_;
  api::Readiness readiness_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<http::Server> http_;

  std::mutex mutex_;  // guards stopping_
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread collector_;
};

}  // namespace orrery::server
