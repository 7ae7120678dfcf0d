#include "jobs/local/environment.h"

#include <gmock/gmock.h>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

using testing::HasSubstr;

// Counts non-overlapping occurrences.
int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

TEST(EnvironmentTest, IsBuiltOnceForAllThatNeedItAndThenShared) {
  TestExecutor executor;
  AttemptLaunch first =
      TestExecutor::Launch("python -c 'import sys; print(sys.prefix)'; echo $VIRTUAL_ENV", "first");
  first.requirements = "# nothing but Python\n";
  AttemptLaunch second = first;
  second.id.job_id = "second";
  executor->Start(first);
  executor->Start(second);
  EXPECT_EQ(executor.WaitFor(first.id).outcome->exit_code, 0) << executor.Log(first.id);
  EXPECT_EQ(executor.WaitFor(second.id).outcome->exit_code, 0) << executor.Log(second.id);
  EXPECT_EQ(Count(executor.Log(first.id) + executor.Log(second.id), "environment: building"), 1);

  const CachedEnvironment environment =
      FindEnvironment(executor.files, executor.options.data_directory + "/environments",
                      executor.options.python, *first.requirements);
  EXPECT_TRUE(environment.complete);
  AttemptLaunch third = first;
  third.id.job_id = "third";
  executor.Run(third);
  EXPECT_EQ(executor.Log(third.id), environment.directory + "\n" + environment.directory + "\n");
}

TEST(EnvironmentTest, AFailedBuildEndsTheAttemptWithTheReason) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("echo ran");
  launch.requirements = "./no-such-package\n";
  const AttemptOutcome outcome = executor.Run(launch);
  EXPECT_EQ(outcome.cause, EndCause::kEnvironment);
  EXPECT_FALSE(outcome.started_at_us);
  EXPECT_THAT(outcome.message,
              HasSubstr("step 'prepare environment' failed with exit code 1: ERROR: Invalid requirement"));
  EXPECT_THAT(outcome.message, HasSubstr("no-such-package"));
  EXPECT_THAT(executor.Log(launch.id), testing::Not(HasSubstr("ran\n")));
}

TEST(EnvironmentTest, DiffersByRequirementsAndInterpreter) {
  PosixFileSystem files;
  const auto directory = [&](const std::string& python, const std::string& requirements) {
    return FindEnvironment(files, "/root", python, requirements).directory;
  };
  EXPECT_EQ(directory("/usr/bin/python3", "a"), directory("/usr/bin/python3", "a"));
  EXPECT_NE(directory("/usr/bin/python3", "a"), directory("/usr/bin/python3", "b"));
  EXPECT_NE(directory("/usr/bin/python3", "a"), directory("/bin/sh", "a"));
}

TEST(EnvironmentTest, WithoutAnInterpreterTheStartIsRefused) {
  TestExecutor executor;
  executor.options.python = "/no/such/python";
  executor.Restart();
  AttemptLaunch launch = TestExecutor::Launch("true");
  launch.requirements = "";
  try {
    executor->Start(launch);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_THAT(error.what(), HasSubstr("/no/such/python"));
  }
}

}  // namespace
}  // namespace orrery::jobs::local
