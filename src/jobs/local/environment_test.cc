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
  first.environment = {.requirements = "# nothing but Python\n"};
  AttemptLaunch second = first;
  second.id.job_id = "second";
  executor->Start(first);
  executor->Start(second);
  EXPECT_EQ(executor.WaitFor(first.id).outcome->exit_code, 0) << executor.Log(first.id);
  EXPECT_EQ(executor.WaitFor(second.id).outcome->exit_code, 0) << executor.Log(second.id);
  EXPECT_EQ(Count(executor.Log(first.id) + executor.Log(second.id), "environment: building"), 1);

  const CachedEnvironment environment =
      FindEnvironment(executor.files, executor.options.data_directory + "/environments",
                      executor.options.python, Chosen(*first.environment));
  EXPECT_TRUE(environment.complete);
  AttemptLaunch third = first;
  third.id.job_id = "third";
  executor.Run(third);
  EXPECT_EQ(executor.Log(third.id), environment.directory + "\n" + environment.directory + "\n");
}

TEST(EnvironmentTest, AFailedBuildEndsTheAttemptWithTheReason) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("echo ran");
  launch.environment = {.requirements = "./no-such-package\n"};
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
    return FindEnvironment(files, "/root", python, {"requirements", requirements}).directory;
  };
  EXPECT_EQ(directory("/usr/bin/python3", "a"), directory("/usr/bin/python3", "a"));
  EXPECT_NE(directory("/usr/bin/python3", "a"), directory("/usr/bin/python3", "b"));
  EXPECT_NE(directory("/usr/bin/python3", "a"), directory("/bin/sh", "a"));
  EXPECT_NE(directory("/usr/bin/python3", "a"),
            FindEnvironment(files, "/root", "/usr/bin/python3", {"lock", "a"}).directory);
}

// A wheel without code, as small as pip takes it.
constexpr char kMakeWheel[] = R"py(
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/orrery_example-1.5-py3-none-any.whl", "w") as wheel:
    info = "orrery_example-1.5.dist-info/"
    wheel.writestr("orrery_example.py", "answer = 42\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: orrery-example\nVersion: 1.5\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "RECORD", "")
)py";

TEST(EnvironmentTest, WhatItCameToInstallsExactlyTheSameAgain) {
  TestExecutor executor;
  const std::string wheels = executor.options.data_directory;
  ASSERT_EQ(executor.processes.Run({.argv = {"/usr/bin/python3", "-c", kMakeWheel, wheels}}).exit_code, 0);
  AttemptLaunch launch = TestExecutor::Launch("python -c 'import orrery_example as o; print(o.answer)'");
  launch.environment = {.requirements = "--no-index\n--find-links " + wheels + "\norrery_example >= 1\n"};
  EXPECT_FALSE(executor->ResolvedEnvironment(launch.id));
  EXPECT_EQ(executor.Run(launch).exit_code, 0) << executor.Log(launch.id);
  const auto resolved = executor->ResolvedEnvironment(launch.id);
  ASSERT_TRUE(resolved && resolved->lock);
  EXPECT_THAT(*resolved->lock,
              testing::ContainsRegex("orrery-example==1.5 .*\n    --hash=sha256:[0-9a-f]{64}\n"));
  ValidateEnvironment(*resolved);

  AttemptLaunch again = launch;
  again.id.job_id = "again";
  again.environment = resolved;
  EXPECT_EQ(executor.Run(again).exit_code, 0) << executor.Log(again.id);
  EXPECT_EQ(executor->ResolvedEnvironment(again.id), resolved);
  // Another wheel under the same name and version is refused.
  std::string other = kMakeWheel;
  other.replace(other.find("42"), 2, "43");
  ASSERT_EQ(executor.processes.Run({.argv = {"/usr/bin/python3", "-c", other, wheels}}).exit_code, 0);
  AttemptLaunch changed = again;
  changed.id.job_id = "changed";
  *changed.environment->lock += "# built anew\n";
  const AttemptOutcome outcome = executor.Run(changed);
  EXPECT_EQ(outcome.cause, EndCause::kEnvironment);
  EXPECT_THAT(executor.Log(changed.id), HasSubstr("DO NOT MATCH THE HASHES"));
}

// Adds files to the code that the attempt finds in its working directory.
void TakeCode(TestExecutor& executor, AttemptLaunch& launch,
              const std::map<std::string, std::string>& texts) {
  content::Manifest tree;
  for (const auto& [path, text] : texts)
    tree.entries.push_back(executor.code.Entry(path, content::EntryMode::kFile, text));
  launch.manifest = executor.code.Put(tree.Text()).text();
}

constexpr char kPackage[] = R"([build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
)";
// Builds the wheel that makes answer.py.
constexpr char kBackend[] = R"py(
import zipfile
def build_wheel(folder, settings=None, metadata=None):
    name = "answer-1.5-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        info = "answer-1.5.dist-info/"
        wheel.write("answer.py")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: answer\nVersion: 1.5\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return name
build_editable = build_wheel
)py";

TEST(EnvironmentTest, CodesWithOtherPackagesOfTheirOwnShareNone) {
  TestExecutor executor;
  const std::pair<std::string, std::string> codes[] = {{"-r deep/more.txt\n", "41"},
                                                       {"-r deep/more.txt\n", "42"},
                                                       {"file:./pkg\n", "43"},
                                                       {"-e ./pkg\n", "44"}};
  for (const auto& [text, answer] : codes) {
    SCOPED_TRACE(text);
    AttemptLaunch launch =
        TestExecutor::Launch("cd / && python -c 'import answer; print(answer.it)'", "job" + answer);
    TakeCode(executor, launch,
             {{"deep/more.txt", "-r ../most.txt"},
              {"most.txt", "./pkg # this one"},
              {"pkg/answer.py", "it = " + answer + "\n"},
              {"pkg/backend.py", kBackend},
              {"pkg/pyproject.toml", kPackage}});
    launch.environment = {.requirements = "--no-index\n" + text};
    EXPECT_EQ(executor.Run(launch).exit_code, 0) << executor.Log(launch.id);
    EXPECT_THAT(executor.Log(launch.id), testing::EndsWith("\n" + answer + "\n"));
    const auto resolved = executor->ResolvedEnvironment(launch.id);
    ASSERT_TRUE(resolved && resolved->requirements);
    EXPECT_THAT(*resolved->requirements, testing::ContainsRegex("\n(-e )?\\./pkg\n"));
  }
}

TEST(EnvironmentTest, CodesThatIncludeTheSameTextShareOne) {
  TestExecutor executor;
  for (const std::string job : {"first", "second"}) {
    AttemptLaunch launch = TestExecutor::Launch("true", job);
    TakeCode(executor, launch, {{"other.txt", "# nothing\n"}, {"main.py", job}});
    launch.environment = {.requirements = "-r other.txt\n"};
    EXPECT_EQ(executor.Run(launch).exit_code, 0) << executor.Log(launch.id);
    EXPECT_EQ(Count(executor.Log(launch.id), "environment: building"), job == "first" ? 1 : 0);
  }
}

// Whose environment would be shared by others that have no such file.
TEST(EnvironmentTest, FilesOfTheCodeAreNotTakenForModulesOfPython) {
  TestExecutor executor;
  AttemptLaunch launch = TestExecutor::Launch("true");
  TakeCode(executor, launch,
           {{"json.py", "raise SystemExit('mine')"},
            {"pip.py", "raise SystemExit('mine')"},
            {"venv.py", "raise SystemExit('mine')"}});
  launch.environment = {.requirements = "# nothing\n"};
  EXPECT_EQ(executor.Run(launch).exit_code, 0) << executor.Log(launch.id);
}

TEST(EnvironmentTest, WithoutAnInterpreterTheStartIsRefused) {
  TestExecutor executor;
  executor.options.python = "/no/such/python";
  executor.Restart();
  AttemptLaunch launch = TestExecutor::Launch("true");
  launch.environment = {.requirements = "six"};
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
