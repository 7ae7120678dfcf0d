#include <fstream>

#include <gmock/gmock.h>

#include "jobs/local/environment.h"
#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

using testing::HasSubstr;

// Plays what micromamba's manual says of `create` and `env export --explicit`: an environment is a folder with bin/ and
// conda-meta/, and every dependency becomes a package there.
constexpr char kMicromamba[] = R"sh(#!/bin/sh
set -eu
echo "$*" >> "$0.calls"
command=$1
if [ "$command" = env ]; then command=$2; shift; fi
shift
while [ $# -gt 0 ]; do
  case $1 in
    -p) prefix=$2; shift ;;
    -f) file=$2; shift ;;
  esac
  shift
done
if [ "$command" = export ]; then
  echo "@EXPLICIT"
  cat "$prefix"/conda-meta/*
  exit
fi
case $file in
  *.yml) packages=$(sed -n 's/^ *- \([a-z]*\).*/https:\/\/example.org\/\1-1.conda#00/p' "$file") ;;
  *.txt) packages=$(grep '^https:' "$file") ;;
esac
case $packages in
  *impossible*) echo "error    libmamba Could not solve for environment specs" >&2; exit 1 ;;
esac
mkdir -p "$prefix/bin" "$prefix/conda-meta"
printf '%s\n' "$packages" > "$prefix/conda-meta/history"
printf '#!/bin/sh\necho this is the environment\n' > "$prefix/bin/tool"
chmod +x "$prefix/bin/tool"
)sh";

class CondaTest : public testing::Test {
 protected:
  CondaTest() {
    std::ofstream(executor_.options.conda) << kMicromamba;
    std::filesystem::permissions(executor_.options.conda, std::filesystem::perms::owner_all);
    executor_.Restart();
  }

  AttemptLaunch Launch(const std::string& text, const std::string& job = "job") {
    AttemptLaunch launch =
        TestExecutor::Launch("tool; test $CONDA_PREFIX/bin/tool = $(command -v tool)", job);
    launch.environment = EnvironmentSpec{.conda = text};
    return launch;
  }

  // With a program that stands for micromamba.
  struct WithConda : TestExecutor {
    WithConda() { options.conda = options.data_directory + "/micromamba"; }
  };
  WithConda executor_;
};

TEST_F(CondaTest, IsBuiltOnceAndWhatItCameToInstallsExactlyTheSameAgain) {
  const AttemptLaunch first = Launch("dependencies:\n  - python>=3\n  - numpy\n", "first");
  EXPECT_EQ(executor_.Run(first).exit_code, 0) << executor_.Log(first.id);
  EXPECT_THAT(executor_.Log(first.id), HasSubstr("this is the environment\n"));
  const auto resolved = executor_->ResolvedEnvironment(first.id);
  ASSERT_TRUE(resolved && resolved->conda);
  EXPECT_EQ(*resolved->conda,
            "@EXPLICIT\nhttps://example.org/python-1.conda#00\nhttps://example.org/numpy-1.conda#00\n");
  ValidateEnvironment(*resolved);

  const AttemptLaunch second = Launch(*first.environment->conda, "second");
  EXPECT_EQ(executor_.Run(second).exit_code, 0);
  EXPECT_THAT(executor_.Log(second.id), testing::Not(HasSubstr("building")));
  const AttemptLaunch again = Launch(*resolved->conda, "again");
  EXPECT_EQ(executor_.Run(again).exit_code, 0) << executor_.Log(again.id);
  EXPECT_EQ(executor_->ResolvedEnvironment(again.id), resolved);
  const std::string calls = executor_.real_files.ReadAll(executor_.options.conda + ".calls");
  EXPECT_THAT(calls, testing::ContainsRegex("^create -y -p [^ ]+ -f \\./environment\\.[^ ]+\\.yml\n"
                                            "env export --explicit -p [^ ]+\n"
                                            "create -y -p [^ ]+ -f \\./environment\\.[^ ]+\\.txt\n$"));
}

TEST_F(CondaTest, OneThatCannotBeSolvedEndsTheAttemptWithTheReason) {
  const AttemptLaunch launch = Launch("dependencies:\n  - impossible\n");
  const AttemptOutcome outcome = executor_.Run(launch);
  EXPECT_EQ(outcome.cause, EndCause::kEnvironment);
  EXPECT_EQ(outcome.message,
            "step 'prepare environment' failed with exit code 1: error    libmamba Could not solve for "
            "environment specs");
}

TEST_F(CondaTest, PackagesOfTheCodeAreItsOwn) {
  const auto besides = [&](const std::string& text) {
    AttemptLaunch launch = Launch(text);
    launch.manifest = "blake3:00";
    return BesidesOf(executor_.files, launch,
                     {executor_.files, executor_.options.data_directory + "/jobs", launch.id})
        .key;
  };
  EXPECT_EQ(besides("dependencies:\n- pip:\n  - six\n"), "");
  EXPECT_EQ(besides("dependencies:\n- pip:\n  - ./pkg\n"), "blake3:00");
  EXPECT_EQ(besides("dependencies:\n- pip:\n  - -e ./pkg\n"), "job\n1");
  EXPECT_EQ(besides("dependencies:\n- {pip: [six]}\n"), "job\n1");
  EXPECT_EQ(besides("@EXPLICIT\nhttps://example.org/a.conda\n# pip: six==1\n"), "");
}

TEST_F(CondaTest, WithoutAProgramTheReasonIsGiven) {
  EXPECT_EQ(executor_->WhyNever({.conda = "dependencies: []"}), std::nullopt);
  std::filesystem::remove(executor_.options.conda);
  EXPECT_EQ(executor_->WhyNever({.conda = "dependencies: []"}),
            "needs conda, and there is no " + executor_.options.conda +
                ": set `conda` in the server's configuration");
  executor_.options.conda.clear();
  executor_.options.base_env["PATH"] = "/no/such/directory";
  executor_.Restart();
  EXPECT_EQ(executor_->WhyNever({.conda = "dependencies: []"}),
            "needs conda, and there is no micromamba, conda or mamba here: install micromamba");
}

}  // namespace
}  // namespace orrery::jobs::local
