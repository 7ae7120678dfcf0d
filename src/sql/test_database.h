#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include <stdlib.h>

#include "base/file_system.h"
#include "sql/sqlite/sqlite.h"

namespace orrery::sql {

/// An embedded database in a folder of its own, removed at the end: for the tests of every module above.
class TestDatabase {
 public:
  explicit TestDatabase(std::initializer_list<std::span<const Migration>> schemas) {
    std::string name = "/tmp/orrery-testXXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
    directory_ = name;
    Reopen();
    Migrate(*database_, schemas);
  }
  ~TestDatabase() {
    database_.reset();
    PosixFileSystem().RemoveAll(directory_);
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  /// Closes and opens again, as a restart does.
  void Reopen() {
    database_.reset();
    database_ = OpenSqlite({.path = directory_ + "/orrery.db"});
  }
  Database& operator*() { return *database_; }
  Database* operator->() { return database_.get(); }
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  std::unique_ptr<Database> database_;
};

}  // namespace orrery::sql
