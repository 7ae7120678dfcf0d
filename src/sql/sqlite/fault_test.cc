// What callers of the embedded database see when its files fail, and what is there after a restart.
#include <atomic>
#include <functional>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file_system.h"
#include "sql/sqlite/faulty_vfs.h"
#include "sql/sqlite/sqlite.h"

namespace orrery::sql {
namespace {

class SqliteFaultTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "faultsXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    Reopen();
    database_->Write([](Writer& writer) {
      writer.Run(
          "CREATE TABLE things (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL, unique_name TEXT UNIQUE) "
          "STRICT");
    });
  }
  void TearDown() override {
    plan_.Set("");
    database_.reset();
    PosixFileSystem().RemoveAll(folder_);
  }
  void Reopen() {
    plan_.Set("");
    database_.reset();
    database_ = OpenSqlite(
        {.path = folder_ + "/db", .on_fatal = [this](const std::string&) { ++fatal_; }, .vfs = vfs_.name()});
  }

  static void Insert(Writer& writer, int64_t id, size_t size = 3'000) {
    writer.Run("INSERT INTO things (id, bytes) VALUES (?, ?)", id, Blob{std::string(size, 'x')});
  }
  /// The code that writing answers with; none when it succeeds.
  std::optional<Code> Write(const std::function<void(Writer&)>& closure) {
    try {
      database_->Write(closure);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }
  std::vector<int64_t> Ids() {
    return database_->Read([](Reader& reader) {
      EXPECT_EQ(reader.All<std::string>("PRAGMA integrity_check"), std::vector<std::string>{"ok"});
      EXPECT_EQ(reader.First<int64_t>("SELECT count(*) FROM things WHERE length(bytes) < 3000"), 0);
      return reader.All<int64_t>("SELECT id FROM things ORDER BY id");
    });
  }
  /// Runs all closures from threads of their own, in one commit if need be: they are queued while another one runs.
  std::vector<std::optional<Code>> WriteTogether(
      const std::vector<std::function<void(Writer&)>>& closures,
      const std::function<void(Writer&)>& while_they_wait = [](Writer&) {}) {
    std::latch blocked(1);
    std::latch go(1);
    std::thread first([&] {
      Write([&](Writer& writer) {
        blocked.count_down();
        go.wait();
        while_they_wait(writer);
      });
    });
    blocked.wait();
    std::vector<std::optional<Code>> answers(closures.size());
    std::vector<std::thread> threads;
    std::latch started(static_cast<std::ptrdiff_t>(closures.size()));
    for (size_t i = 0; i < closures.size(); ++i) {
      threads.emplace_back([&, i] {
        started.count_down();
        answers[i] = Write(closures[i]);
      });
    }
    started.wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for the queue only: any order passes
    go.count_down();
    first.join();
    for (std::thread& thread : threads) thread.join();
    return answers;
  }

  std::string folder_;
  FaultPlan plan_;
  FaultyVfs vfs_{plan_};
  std::atomic<int> fatal_ = 0;
  std::unique_ptr<Database> database_;
};

TEST_F(SqliteFaultTest, AFailedSyncOfTheLogIsUnknownAndEndsAllWriting) {
  for (int nth = 1; nth <= 3; ++nth) {
    Reopen();
    fatal_ = 0;
    database_->Write([](Writer& writer) { writer.Run("DELETE FROM things"); });
    plan_.Set("wal.sync@" + std::to_string(nth) + "=eio");
    std::vector<int64_t> acknowledged;
    int64_t id = 1;
    std::optional<Code> code;
    for (; !code; ++id) {
      code = Write([&](Writer& writer) { Insert(writer, id); });
      if (!code) acknowledged.push_back(id);
    }
    EXPECT_EQ(code, Code::kUnavailable);
    EXPECT_EQ(Write([&](Writer& writer) { Insert(writer, 100); }), Code::kUnavailable);
    EXPECT_EQ(fatal_, 1);
    Reopen();
    const std::vector<int64_t> ids = Ids();
    EXPECT_EQ(acknowledged.size(), static_cast<size_t>(nth - 1));
    EXPECT_THAT(ids, testing::IsSupersetOf(acknowledged));
    EXPECT_THAT(ids, testing::Not(testing::Contains(100)));
    EXPECT_LE(ids.size(), acknowledged.size() + 1) << "the unknown one and no other";
  }
}

TEST_F(SqliteFaultTest, EveryCallerOfAFailedCommitIsToldThatItIsUnknown) {
  plan_.Set("wal.sync@1+=eio");  // the closure they wait behind writes nothing
  std::vector<std::function<void(Writer&)>> closures;
  for (int64_t id = 1; id <= 4; ++id) {
    closures.emplace_back([id](Writer& writer) { Insert(writer, id); });
  }
  closures.emplace_back([](Writer& writer) {
    writer.Run("INSERT INTO things (id, bytes) VALUES (9, x'00')");
    throw Error(Code::kNotFound, "what it saw was never durable");
  });
  EXPECT_THAT(WriteTogether(closures), testing::Each(std::optional(Code::kUnavailable)));
  EXPECT_EQ(fatal_, 1);
}

TEST_F(SqliteFaultTest, WhoWaitsBehindAFailedCommitIsToldToo) {
  plan_.Set("wal.sync@1=eio");
  std::atomic<int> runs = 0;
  const std::vector<std::function<void(Writer&)>> closures(3, [&](Writer&) { ++runs; });
  EXPECT_THAT(WriteTogether(closures, [](Writer& writer) { Insert(writer, 1); }),
              testing::Each(std::optional(Code::kUnavailable)));
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(fatal_, 1);
}

TEST_F(SqliteFaultTest, AnIoErrorInsideAClosureIsNeverCommittedOver) {
  database_->Write([](Writer& writer) { Insert(writer, 1, 200'000); });
  Reopen();
  plan_.Set("*@1+=eio");
  EXPECT_EQ(Write([](Writer& writer) {
              try {
                writer.First<int64_t>("SELECT sum(length(hex(bytes))) FROM things");
              } catch (const Error&) {
                throw std::runtime_error("an error of another kind");
              }
            }),
            Code::kUnavailable);
  EXPECT_EQ(fatal_, 1);
}

TEST_F(SqliteFaultTest, AFullDiskIsToldAndTheDatabaseGoesOn) {
  for (const char* plan : {"wal.write@1=enospc", "wal.write@2=short", "wal.write@1+=enospc"}) {
    Reopen();
    database_->Write([](Writer& writer) { writer.Run("DELETE FROM things"); });
    database_->Write([](Writer& writer) { Insert(writer, 1); });
    plan_.Set(plan);
    EXPECT_EQ(Write([](Writer& writer) { Insert(writer, 2); }), Code::kStorageFull) << plan;
    EXPECT_THAT(Ids(), testing::ElementsAre(1)) << "reads go on";
    plan_.Set("");
    EXPECT_EQ(Write([](Writer& writer) { Insert(writer, 3); }), std::nullopt) << plan;
    Reopen();
    EXPECT_THAT(Ids(), testing::ElementsAre(1, 3)) << plan;
    EXPECT_EQ(fatal_, 0);
  }
}

TEST_F(SqliteFaultTest, AClosureThatFillsTheDiskFailsAloneAndTheOthersAreRunAgain) {
  // Larger than the cache of the connection, so that its pages are written while it runs.
  const auto fill = [this](Writer& writer) {
    plan_.Set("wal.write@1=enospc");
    for (int64_t id = 1'000; id < 1'060; ++id) Insert(writer, id, 1'000'000);
  };
  std::atomic<int> runs = 0;
  std::vector<std::function<void(Writer&)>> closures = {
      [&](Writer& writer) {
        ++runs;
        Insert(writer, 1);
      },
      fill,
      [&](Writer& writer) { Insert(writer, 2); },
      [&](Writer& writer) {
        Insert(writer, 3);
        throw Error(Code::kNotFound, "its own");
      },
  };
  EXPECT_THAT(WriteTogether(closures),
              testing::ElementsAre(std::nullopt, Code::kStorageFull, std::nullopt, Code::kNotFound));
  EXPECT_THAT(Ids(), testing::ElementsAre(1, 2));
  EXPECT_EQ(fatal_, 0);
}

TEST_F(SqliteFaultTest, AClosureThatSwallowsAFullDiskWritesNothingByItself) {
  EXPECT_EQ(Write([this](Writer& writer) {
              plan_.Set("wal.write@1=enospc");
              try {
                for (int64_t id = 1'000; id < 1'060; ++id) Insert(writer, id, 1'000'000);
              } catch (const Error&) {
                plan_.Set("");
              }
              Insert(writer, 5);
            }),
            Code::kStorageFull);
  EXPECT_THAT(Ids(), testing::IsEmpty());
}

TEST_F(SqliteFaultTest, AFailedSyncOfTheDatabaseFileStopsTheWriter) {
  plan_.Set("db.sync@1=eio");
  // Enough pages for a checkpoint; it runs after the answer, so that the write itself may succeed.
  for (int64_t id = 1; id <= 40 && fatal_ == 0; ++id) {
    Write([&](Writer& writer) { Insert(writer, id, 1'000'000); });
  }
  EXPECT_EQ(Write([](Writer& writer) { Insert(writer, 100); }), Code::kUnavailable);
  EXPECT_EQ(fatal_, 1);
  Reopen();
  EXPECT_THAT(Ids(), testing::Not(testing::Contains(100)));
}

TEST_F(SqliteFaultTest, AFullDiskAtACheckpointHarmsNoWrite) {
  plan_.Set("db.write@1+=enospc");
  for (int64_t id = 1; id <= 40; ++id) {
    EXPECT_EQ(Write([&](Writer& writer) { Insert(writer, id, 1'000'000); }), std::nullopt);
  }
  EXPECT_GT(plan_.Counts().at("db.write"), 1U);
  plan_.Set("");
  EXPECT_EQ(Write([](Writer& writer) { Insert(writer, 100); }), std::nullopt);
  EXPECT_EQ(fatal_, 0);
  Reopen();
  EXPECT_EQ(Ids().size(), 41U);
}

TEST_F(SqliteFaultTest, AReaderThatCannotBeOpenedLetsTheNextOneTry) {
  database_ = nullptr;
  database_ = OpenSqlite({.path = folder_ + "/db", .readers = 1, .vfs = vfs_.name()});
  plan_.Set("db.open@1=emfile");
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      try {
        database_->Read([](Reader& reader) { reader.First<int64_t>("SELECT 1"); });
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kInternal) << "no fault of the caller's";
        ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 1);
}

}  // namespace
}  // namespace orrery::sql
