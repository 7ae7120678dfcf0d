#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include "base/file_system.h"
#include "base/random.h"

namespace orrery::server {

/// What a running server says of itself in DATA/server.json, where every other command finds it.
struct ServerRecord {
  std::string http;  ///< "127.0.0.1:7070"
  int64_t pid = 0;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(ServerRecord, (), (http, pid, version))

/// The folder that holds everything a server knows, locked for as long as this object lives.
///
///   DATA/lock          held by the running server
///   DATA/server.json   where it listens; removed when it stops
///   DATA/jobs.token    what jobs show a server that wants tokens
///   DATA/orrery.db     the database
///   DATA/blobs/        objects by digest
///   DATA/jobs/         working folders, logs and records of attempts
///   DATA/environments/ Python environments by content
class DataFolder {
 public:
  /// Creates the folder (0700) if absent and locks it.
  /// Errors: failed_precondition (another server has it; the message names its pid), permission_denied,
  /// storage_full.
  DataFolder(FileSystem& files, std::string path);
  /// Removes server.json.
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/orrery.db"; }
  std::string blobs_uri() const { return "file://" + path_ + "/blobs"; }

  /// The token by which jobs reach a server that wants tokens; drawn once, then kept in DATA/jobs.token (0600), so that a
  /// job that outlives this server is known to the next.
  std::string JobsToken(Random& random);

  void Announce(const ServerRecord& record);
  /// The record of the server that runs on the folder at `path`, if there is one.
  static std::optional<ServerRecord> Running(FileSystem& files, const std::string& path);

 private:
  void RemoveRecord();

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<File> lock_;
};

}  // namespace orrery::server
