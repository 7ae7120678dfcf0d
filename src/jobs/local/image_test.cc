#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "jobs/local/environment.h"
#include "jobs/local/test_executor.h"
#include "jobs/local/this_machine.h"

namespace orrery::jobs::local {
namespace {

using testing::HasSubstr;

// Tells what it finds: a whole userland in one program.
constexpr char kProgram[] = R"c(
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
static void show(const char* path) {
  char text[200] = "";
  FILE* file = fopen(path, "r");
  if (!file || !fgets(text, sizeof text, file)) { printf("no %s\n", path); return; }
  printf("%s", text);
  if (!strchr(text, '\n')) printf("\n");
}
static void end(int signal) { (void)signal; printf("told\n"); fflush(stdout); _exit(3); }
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (!strcmp(argv[i], "exit")) return atoi(argv[i + 1]);
    if (!strcmp(argv[i], "die")) kill(getpid(), SIGSEGV);
    if (!strcmp(argv[i], "wait")) { signal(SIGTERM, end); printf("up\n"); fflush(stdout); for (;;) pause(); }
    if (!strcmp(argv[i], "fill")) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    if (!strncmp(argv[i], "$", 1)) printf("%s=%s\n", argv[i] + 1, getenv(argv[i] + 1) ? getenv(argv[i] + 1) : "");
    else if (!strncmp(argv[i], "write:", 6)) { FILE* file = fopen(argv[i] + 6, "w"); puts(file ? "written" : "refused"); if (file) { fputs("new", file); fclose(file); } }
    else show(argv[i]);
  }
  return 0;
}
)c";

/// Images that podman has on this machine, made of a program of our own; every test skips where that cannot be.
class ImageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!podman_) GTEST_SKIP() << "there is no podman here";
    if (const auto why = executor_->WhyNever({.image = "localhost/none:1"})) GTEST_SKIP() << *why;
    const std::string folder = executor_.options.data_directory + "/image";
    std::filesystem::create_directory(folder);
    std::ofstream(folder + "/tell.c") << kProgram;
    const std::string build =
        "cd " + folder + " && mkdir -p root/bin root/etc && cc -static -o root/bin/tell tell.c";
    ASSERT_EQ(std::system(build.c_str()), 0);
    std::ofstream(folder + "/root/etc/version") << "first\n";
    Import();
  }
  void TearDown() override {
    if (podman_) std::system((*podman_ + " rmi -f " + kImage + " > /dev/null 2>&1").c_str());
  }

  /// Makes the image of what its folder holds now.
  void Import() {
    const std::string import = "cd " + executor_.options.data_directory + "/image && tar -C root -c . | " +
                               *podman_ + " import -q --change ENV=FROM_IMAGE=yes --change ENV=PATH=/bin - " +
                               kImage + " > /dev/null";
    ASSERT_EQ(std::system(import.c_str()), 0);
  }

  AttemptLaunch Launch(const std::vector<std::string>& words, const std::string& job = "job") {
    AttemptLaunch launch;
    launch.id = {job, 1};
    launch.command = {"tell"};
    launch.command.insert(launch.command.end(), words.begin(), words.end());
    launch.environment = EnvironmentSpec{.image = kImage};
    return launch;
  }

  const std::string kImage = "localhost/orrery-test-" + std::to_string(getpid()) + ":1";
  TestExecutor executor_;
  const std::optional<std::string> podman_ =
      FindOnPath(executor_.real_files, executor_.options.base_env.at("PATH"), "podman");
};

TEST_F(ImageTest, TheCommandFindsTheImageItsCodeItsInputsAndItsVariables) {
  const std::string input = executor_.options.data_directory + "/input";
  std::ofstream(input) << "input\n";
  AttemptLaunch launch =
      Launch({"/etc/version", "code.txt", input, "write:" + input, "write:out", "write:/etc/new", "/etc/new",
              "/etc/passwd", "$FROM_IMAGE", "$PATH", "$GIVEN", "$HOME"});
  launch.manifest =
      executor_.code
          .Put(content::Manifest::Of({executor_.code.Entry("code.txt", content::EntryMode::kFile, "code\n")})
                   .Text())
          .text();
  launch.inputs = {input};
  launch.env = {{"GIVEN", "job's"}};
  EXPECT_EQ(executor_.Run(launch).exit_code, 0) << executor_.Log(launch.id);
  EXPECT_THAT(executor_.Log(launch.id),
              testing::EndsWith("first\ncode\ninput\nrefused\nwritten\nwritten\nnew\nno /etc/passwd\n"
                                "FROM_IMAGE=yes\nPATH=/bin\nGIVEN=job's\nHOME=/root\n"));
  EXPECT_EQ(executor_.real_files.ReadAll(executor_.Path(launch.id, "work/out")), "new");
}

TEST_F(ImageTest, WhatItCameToIsTheSameImageWhateverBecomesOfItsTag) {
  AttemptLaunch first = Launch({"/etc/version"});
  EXPECT_EQ(executor_.Run(first).exit_code, 0) << executor_.Log(first.id);
  const auto resolved = executor_->ResolvedEnvironment(first.id);
  ASSERT_TRUE(resolved && resolved->image);
  EXPECT_THAT(*resolved->image, testing::MatchesRegex("localhost/orrery-test-[0-9]+@sha256:[0-9a-f]{64}"));
  ValidateEnvironment(*resolved);
  std::ofstream(executor_.options.data_directory + "/image/root/etc/version") << "second\n";
  Import();

  const AttemptLaunch moved = Launch({"/etc/version"}, "moved");
  executor_.Run(moved);
  EXPECT_THAT(executor_.Log(moved.id), testing::EndsWith("second\n"));
  AttemptLaunch again = Launch({"/etc/version"}, "again");
  again.environment = resolved;
  executor_.Run(again);
  EXPECT_EQ(executor_.Log(again.id), "first\n");
  EXPECT_EQ(executor_->ResolvedEnvironment(again.id), resolved);
}

TEST_F(ImageTest, EndsAreToldAsThoseOfAnyCommand) {
  const AttemptLaunch exits = Launch({"exit", "7"}, "exits");
  EXPECT_EQ(executor_.Run(exits).exit_code, 7);
  const AttemptLaunch dies = Launch({"die"}, "dies");
  EXPECT_EQ(executor_.Run(dies).signal, SIGSEGV);
  AttemptLaunch absent = Launch({}, "absent");
  absent.command = {"python3"};
  const AttemptOutcome outcome = executor_.Run(absent);
  EXPECT_EQ(outcome.cause, EndCause::kLaunchFailed);
  EXPECT_EQ(outcome.message, "cannot execute 'python3' in the image: No such file or directory");

  const AttemptLaunch waits = Launch({"wait"}, "waits");
  executor_->Start(waits);
  executor_.WaitFor(waits.id, AttemptPhase::kRunning);
  executor_->Cancel(waits.id);
  const AttemptOutcome cancelled = executor_.WaitFor(waits.id).outcome.value();
  EXPECT_EQ(cancelled.cause, EndCause::kCancelled);
}

TEST_F(ImageTest, ItsMemoryIsLimitedAsThatOfAnyCommand) {
  if (executor_.options.groups.For({"job", 1}, 1, 64 << 20).empty()) GTEST_SKIP() << "no control groups here";
  AttemptLaunch fills = Launch({"fill"});
  fills.memory_bytes = 64 << 20;
  EXPECT_EQ(executor_.Run(fills).cause, EndCause::kOutOfMemory) << executor_.Log(fills.id);
}

TEST_F(ImageTest, OneThatCannotBeFetchedEndsTheAttemptWithTheReason) {
  AttemptLaunch launch = Launch({"exit", "0"});
  launch.environment = EnvironmentSpec{.image = "localhost:1/orrery-no-such-image:1"};
  const AttemptOutcome outcome = executor_.Run(launch);
  EXPECT_EQ(outcome.cause, EndCause::kEnvironment);
  EXPECT_FALSE(outcome.started_at_us);
  EXPECT_THAT(outcome.message, HasSubstr("step 'prepare environment' failed with exit code"));
  EXPECT_THAT(outcome.message, HasSubstr("connection refused"));
}

TEST(ImageRefusalTest, WithoutPodmanTheReasonIsGiven) {
  TestExecutor executor;
  executor.options.base_env["PATH"] = "/no/such/directory";
  executor.Restart();
  EXPECT_EQ(executor->WhyNever({.image = "localhost/mine:1"}),
            "needs a container image, and there is no podman here: install podman");
  EXPECT_EQ(executor->WhyNever({.requirements = "six"}), std::nullopt);
}

}  // namespace
}  // namespace orrery::jobs::local
