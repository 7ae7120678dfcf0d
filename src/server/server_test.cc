#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fake_random.h"
#include "server/config.h"
#include "server/data_folder.h"
#include "server/tokens.h"

namespace orrery::server {
namespace {

TEST(Endpoints, AreTakenApart) {
  EXPECT_EQ(ParseEndpoint("127.0.0.1:7070", "listen").port, 7070);
  EXPECT_EQ(ParseEndpoint("[::1]:0", "listen").address, "::1");
  for (const char* text :
       {"", "7070", ":7070", "127.0.0.1:", "127.0.0.1:70700", "127.0.0.1:-1", "127.0.0.1:7x"}) {
    EXPECT_THROW(ParseEndpoint(text, "listen"), Error) << text;
  }
}

TEST(ConfigValues, AreChecked) {
  const auto field_of = [](const Config& config) {
    try {
      Validate(config);
    } catch (const Error& error) {
      return error.field();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(field_of({}), "accepted");
  EXPECT_EQ(field_of({.tokens = {{"ada", "short"}}}), "tokens.ada");
  EXPECT_EQ(field_of({.tokens = {{"jobs", "0123456789abcdef"}}}), "tokens.jobs");
  EXPECT_EQ(field_of({.cpus = 0.0}), "cpus");
  EXPECT_EQ(field_of({.gpus = {{{"", 1}}}}), "gpus.type");
  EXPECT_EQ(field_of({.gpus = {{{"H100", 0}}}}), "gpus.count");
  EXPECT_EQ(field_of({.gpus = {{{"H100", 8}}}}), "accepted");
  EXPECT_EQ(field_of({.keep_environments_days = 0}), "keep_environments_days");
  EXPECT_EQ(field_of({.collect_after_hours = 0}), "collect_after_hours");
  EXPECT_EQ(field_of({.trash_days = -1}), "trash_days");
  EXPECT_EQ(field_of({.trash_days = 36'501}), "trash_days");
  EXPECT_EQ(field_of({.log_keep_bytes = 1000}), "log_keep_bytes");
  EXPECT_EQ(field_of({.log_level = "loud"}), "log_level");
}

TEST(ConfigValues, QueuesAreCheckedNamingFieldValueAndWhatIsRight) {
  const auto refusal = [](const std::string& name, const QueueSettings& queue) {
    try {
      Validate({.queues = {{"other", {.guaranteed = 0.5}}, {name, queue}}});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal("night.2", {.guaranteed = 0.5, .limit = 0.75, .weight = 2, .policy = "sjf"}), "accepted");
  EXPECT_EQ(refusal("at night", {}),
            "queues.at night: a queue is named by 1 to 64 letters, digits, '_', '-' or '.'");
  EXPECT_EQ(refusal("night", {.limit = 1.5}),
            "queues.night.limit: expected a fraction of the cluster, above 0 to 1, got 1.5");
  EXPECT_EQ(refusal("night", {.limit = 0}),
            "queues.night.limit: expected a fraction of the cluster, above 0 to 1, got 0");
  EXPECT_EQ(
      refusal("night", {.guaranteed = 0.5, .limit = 0.25}),
      "queues.night.guaranteed: expected a fraction of the cluster, 0 to the queue's limit of 0.25, got 0.5");
  EXPECT_EQ(refusal("night", {.weight = 0}),
            "queues.night.weight: expected a number above 0 to 1000000, got 0");
  EXPECT_EQ(refusal("night", {.weight = std::numeric_limits<double>::quiet_NaN()}),
            "queues.night.weight: expected a number above 0 to 1000000, got nan");
  EXPECT_EQ(refusal("night", {.policy = "lottery"}),
            "queues.night.policy: expected one of fifo, easy, sjf, las, got \"lottery\"");
  EXPECT_EQ(refusal("night", {.guaranteed = 0.75}),
            "queues: guaranteed fractions add up to at most 1, got 1.25");
}

TEST(ConfigValues, LetATestSuiteEmptyTheStoreOnlyWhereNobodyElseReachesIt) {
  const auto is_taken = [](Config config) {
    config.allow_test_reset = true;
    try {
      Validate(config);
    } catch (const Error& error) {
      EXPECT_EQ(error.field(), "allow_test_reset");
      return false;
    }
    return true;
  };
  EXPECT_TRUE(is_taken({}));
  EXPECT_TRUE(is_taken({.listen = "[::1]:0"}));
  for (const char* wide : {"0.0.0.0:7070", "[::]:7070", "192.168.1.7:7070", "8.8.8.8:7070"}) {
    EXPECT_FALSE(is_taken({.listen = wide})) << wide;
  }
  EXPECT_FALSE(is_taken({.tokens = {{"ada", "0123456789abcdef"}}}));
  EXPECT_FALSE(is_taken({.host_names = {"orrery.example"}})) << "a proxy may stand before it";
  EXPECT_FALSE(is_taken({.public_url = "https://orrery.example"}));
}

TEST(Tokens, NameTheirOwnerByBearerAndBasic) {
  TokenAuthenticator tokens({{"ada", "0123456789abcdef"}, {"bob", "fedcba9876543210"}});
  const auto name = [&](std::string_view authorization) {
    const auto actor = tokens.Authenticate(authorization);
    return actor ? actor->name : "refused";
  };
  EXPECT_EQ(name("Bearer 0123456789abcdef"), "ada");
  EXPECT_EQ(name("bearer fedcba9876543210"), "bob");
  EXPECT_EQ(name("Basic YWRhOjAxMjM0NTY3ODlhYmNkZWY="), "ada");      // ada:0123456789abcdef
  EXPECT_EQ(name("Basic Ym9iOjAxMjM0NTY3ODlhYmNkZWY="), "refused");  // bob with ada's token
  for (const char* wrong :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeF", "Basic !!!!", "0123456789abcdef"}) {
    EXPECT_EQ(name(wrong), "refused") << wrong;
  }
}

TEST(Data, IsHeldByOneServerAtATime) {
  std::string root = testing::TempDir() + "dataXXXXXX";
  ASSERT_NE(mkdtemp(root.data()), nullptr);
  PosixFileSystem files;
  const std::string path = root + "/deep/data";
  EXPECT_FALSE(DataFolder::Running(files, path));
  {
    DataFolder folder(files, path);
    folder.Announce({"127.0.0.1:1", getpid(), "0.1"});
    FakeRandom random;
    const std::string token = folder.JobsToken(random);
    EXPECT_EQ(token.size(), 64u);
    EXPECT_EQ(folder.JobsToken(random), token) << "drawn once";
    EXPECT_EQ(files.Stat(path + "/jobs.token").mode, 0600u);
    ASSERT_TRUE(DataFolder::Running(files, path));
    EXPECT_EQ(DataFolder::Running(files, path)->pid, getpid());
    try {
      DataFolder second(files, path);
      FAIL() << "two servers on one folder";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition);
      EXPECT_THAT(error.what(), testing::HasSubstr("pid " + std::to_string(getpid())));
    }
    EXPECT_TRUE(DataFolder::Running(files, path)) << "the refused one must not take the record away";
  }
  EXPECT_FALSE(DataFolder::Running(files, path));
  files.RemoveAll(root);
}

TEST(Data, IsFreeSoonAfterItsServerWasKilledWhileItStartedAChildWhoeverHasItsNumberNow) {
  std::string path = testing::TempDir() + "dataXXXXXX";
  ASSERT_NE(mkdtemp(path.data()), nullptr);
  PosixFileSystem files;
  int end[2];
  ASSERT_EQ(pipe(end), 0);
  const pid_t server = fork();
  if (server == 0) {
    DataFolder folder(files, path);
    folder.Announce({"127.0.0.1:1", getppid(), "0.1"});  // that of the process that starts the next one
    if (fork() == 0) {  // has not executed anything yet: it holds what the server held
      close(end[1]);
      char byte = 0;
      static_cast<void>(!read(end[0], &byte, 1));
      _exit(0);
    }
    _exit(0);
  }
  close(end[0]);
  ASSERT_EQ(waitpid(server, nullptr, 0), server);
  ASSERT_TRUE(DataFolder::Running(files, path)) << "the child holds the lock";
  std::thread child([&] {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(30));  // for the start to meet the lock; any order passes
    close(end[1]);
  });
  {
    std::unique_ptr<DataFolder> folder;
    EXPECT_NO_THROW(folder = std::make_unique<DataFolder>(files, path));
    EXPECT_FALSE(DataFolder::Running(files, path)) << "the killed one is not taken for this one";
  }
  child.join();
  files.RemoveAll(path);
}

}  // namespace
}  // namespace orrery::server
