// The store test suite: what every Database promises, whatever engine stands behind it. A driver adds itself
// to the list at the end.
#include "sql/database.h"

#include <atomic>
#include <barrier>
#include <cmath>
#include <limits>
#include <thread>

#include <boost/describe.hpp>
#include <gmock/gmock.h>

#include "base/file_system.h"
#include "sql/sqlite/sqlite.h"

namespace orrery::sql {
namespace {

enum class Kind { kSmall, kVeryLarge };
BOOST_DESCRIBE_ENUM(Kind, kSmall, kVeryLarge)

struct Thing {
  int64_t id = 0;
  std::string name;
  double weight = 0;
  std::optional<std::string> note;
  Instant at;
  Blob bytes;
  Kind kind = Kind::kSmall;
  bool good = false;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, name, weight, note, at, bytes, kind, good))

constexpr Migration kThings[] = {
    {"things", 1,
     "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, weight REAL, note TEXT, at "
     "INTEGER, "
     "bytes BLOB, kind TEXT NOT NULL, good INTEGER NOT NULL) STRICT; "
     "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT"},
};

using Factory = std::function<std::unique_ptr<Database>(const std::string& directory)>;

class DatabaseTest : public testing::TestWithParam<Factory> {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "databaseXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    Reopen();
    Migrate(*database_, {kThings});
  }
  void TearDown() override {
    database_.reset();
    PosixFileSystem().RemoveAll(directory_);
  }
  void Reopen() {
    database_.reset();
    database_ = GetParam()(directory_);
  }
  void Add(int64_t id, const std::string& name) {
    database_->Write([&](Writer& writer) { writer.Insert("things", Thing{.id = id, .name = name}); });
  }
  int64_t Count() {
    return *database_->Read(
        [](Reader& reader) { return reader.First<int64_t>("SELECT count(*) FROM things"); });
  }
  Code CodeOf(const std::function<void(Writer&)>& closure) {
    try {
      database_->Write(closure);
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return Code::kInternal;
  }

  std::string directory_;
  std::unique_ptr<Database> database_;
};

TEST_P(DatabaseTest, DescribedRowsRoundTrip) {
  const Thing thing{7,
                    "a'b\"; --",
                    0.1,
                    "note",
                    ParseInstant("2013-01-01T00:00:00.000001Z"),
                    {std::string("\0\xff", 2)},
                    Kind::kVeryLarge,
                    true};
  database_->Write([&](Writer& writer) { writer.Insert("things", thing); });
  Reopen();
  const auto back = database_->Read([](Reader& reader) {
    return reader.First<Thing>("SELECT " + Columns<Thing>() + " FROM things WHERE name = ?", "a'b\"; --");
  });
  ASSERT_TRUE(back);
  EXPECT_EQ(
      std::tie(back->id, back->name, back->weight, back->note, back->at, back->bytes, back->kind, back->good),
      std::tie(thing.id, thing.name, thing.weight, thing.note, thing.at, thing.bytes, thing.kind,
               thing.good));
}

TEST_P(DatabaseTest, DoublesKeepNanAndInfinity) {
  const double infinity = std::numeric_limits<double>::infinity();
  int64_t id = 0;
  for (const double weight : {std::nan(""), infinity, -infinity, 0.1, 5e-324}) {
    database_->Write([&](Writer& writer) {
      writer.Insert("things", Thing{.id = ++id, .name = std::to_string(id), .weight = weight});
    });
    const double back = *database_->Read(
        [&](Reader& reader) { return reader.First<double>("SELECT weight FROM things WHERE id = ?", id); });
    EXPECT_EQ(std::isnan(back), std::isnan(weight));
    if (!std::isnan(weight)) {
      EXPECT_EQ(back, weight);
    }
  }
}

TEST_P(DatabaseTest, TextComparesByBytesAndLikeIsCaseSensitive) {
  Add(1, "Apple");
  Add(2, "apple");
  Add(3, "Zebra");
  const auto names = [&](std::string_view sql, const std::string& value) {
    return database_->Read([&](Reader& reader) { return reader.All<std::string>(sql, value); });
  };
  EXPECT_THAT(names("SELECT name FROM things WHERE name < ? ORDER BY name", "a"),
              testing::ElementsAre("Apple", "Zebra"));
  EXPECT_THAT(names("SELECT name FROM things WHERE name LIKE ?", "a%"), testing::ElementsAre("apple"));
  EXPECT_THAT(names("SELECT name FROM things WHERE lower(name) LIKE lower(?) ORDER BY name", "A%"),
              testing::ElementsAre("Apple", "apple"));
}

TEST_P(DatabaseTest, TextWithNulOrBrokenUtf8IsRefused) {
  for (const std::string& name : {std::string("a\0b", 3), std::string("a\xff")}) {
    EXPECT_EQ(CodeOf([&](Writer& writer) { writer.Insert("things", Thing{.id = 1, .name = name}); }),
              Code::kInvalidArgument);
  }
  EXPECT_EQ(Count(), 0);
}

TEST_P(DatabaseTest, UniqueConstraintsAreAlreadyExists) {
  Add(1, "one");
  EXPECT_EQ(CodeOf([](Writer& writer) { writer.Insert("things", Thing{.id = 2, .name = "one"}); }),
            Code::kAlreadyExists);
  EXPECT_EQ(CodeOf([](Writer& writer) { writer.Insert("things", Thing{.id = 1, .name = "two"}); }),
            Code::kAlreadyExists);
}

TEST_P(DatabaseTest, AFailedClosureLeavesNothingAndHarmsNoOther) {
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&, i] {
      try {
        database_->Write([&](Writer& writer) {
          writer.Insert("things", Thing{.id = i, .name = std::to_string(i)});
          if (i % 2 == 1) throw Error(Code::kFailedPrecondition, "odd");
        });
      } catch (const Error&) {
        ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 16);
  EXPECT_EQ(Count(), 16);
}

TEST_P(DatabaseTest, ConcurrentIncrementsAllCount) {
  database_->Write([](Writer& writer) { writer.Run("INSERT INTO counters VALUES ('n', 0)"); });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        database_->Write([](Writer& writer) {
          const int64_t value = *writer.First<int64_t>("SELECT value FROM counters WHERE name = 'n'");
          writer.Run("UPDATE counters SET value = ? WHERE name = 'n'", value + 1);
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Reopen();
  EXPECT_EQ(
      *database_->Read([](Reader& reader) { return reader.First<int64_t>("SELECT value FROM counters"); }),
      400);
}

TEST_P(DatabaseTest, AReadSeesOneStateFromBeginningToEnd) {
  Add(1, "one");
  database_->Read([&](Reader& reader) {
    EXPECT_EQ(*reader.First<int64_t>("SELECT count(*) FROM things"), 1);
    std::thread([&] { Add(2, "two"); }).join();
    EXPECT_EQ(*reader.First<int64_t>("SELECT count(*) FROM things"), 1);
  });
  EXPECT_EQ(Count(), 2);
}

TEST_P(DatabaseTest, ReadersCannotWrite) {
  EXPECT_THROW(database_->Read([](Reader& reader) {
    reader.All<int64_t>("INSERT INTO counters VALUES ('x', 1) RETURNING value");
  }),
               Error);
}

TEST_P(DatabaseTest, AfterCommitRunsBeforeTheAnswerAndOnlyForWhatWasStored) {
  int ran = 0;
  database_->Write([&](Writer& writer) {
    writer.AfterCommit([&] { ++ran; });
    EXPECT_EQ(ran, 0);
  });
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(CodeOf([&](Writer& writer) {
              writer.AfterCommit([&] { ++ran; });
              throw Error(Code::kAborted, "no");
            }),
            Code::kAborted);
  EXPECT_EQ(ran, 1);
}

TEST_P(DatabaseTest, AQueryInsideAVisitOfTheSameQueryKeepsBothInOrder) {
  Add(1, "one");
  Add(2, "two");
  std::vector<std::string> seen;
  database_->Read([&](Reader& reader) {
    const std::string_view sql = "SELECT name FROM things ORDER BY id";
    reader.Visit(sql, [&](const Row& outer) {
      seen.push_back(Get<std::string>(outer, 0));
      reader.Visit(sql, [&](const Row& inner) { seen.push_back(Get<std::string>(inner, 0)); });
    });
  });
  EXPECT_THAT(seen, testing::ElementsAre("one", "one", "two", "two", "one", "two"));
}

TEST_P(DatabaseTest, MigrationsRunOnceAndANewerDatabaseIsRefused) {
  Add(1, "one");
  Migrate(*database_, {kThings});
  EXPECT_EQ(Count(), 1);
  const Migration newer[] = {kThings[0], {"things", 2, "CREATE TABLE more (a INTEGER) STRICT"}};
  Migrate(*database_, {newer});
  try {
    Migrate(*database_, {kThings});
    FAIL() << "a newer database was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_THAT(error.what(), testing::HasSubstr("module things is at schema 2, this program knows 1"));
  }
}

TEST_P(DatabaseTest, AFailedMigrationLeavesTheFormerSchema) {
  const Migration broken[] = {
      kThings[0], {"things", 2, "CREATE TABLE more (a INTEGER) STRICT; CREATE TABLE more (b TEXT)"}};
  EXPECT_THROW(Migrate(*database_, {broken}), Error);
  Migrate(*database_, {kThings});
  EXPECT_EQ(*database_->Read([](Reader& reader) {
    return reader.First<int64_t>("SELECT version FROM schema_versions WHERE module = 'things'");
  }),
            1);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseTest, testing::Values([](const std::string& directory) {
                           return OpenSqlite({.path = directory + "/orrery.db"});
                         }),
                         [](const auto&) { return "Embedded"; });

}  // namespace
}  // namespace orrery::sql
