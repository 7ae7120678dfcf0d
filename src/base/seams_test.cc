#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>

#include "base/code_of.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/hash.h"
#include "base/processes.h"

namespace orrery {
namespace {

class SeamsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "seamsXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { files_.RemoveAll(root_); }

  PosixFileSystem files_;
  PosixProcesses processes_;
  std::string root_;
};

TEST_F(SeamsTest, DurableWriteReplacesAndLeavesNothingBeside) {
  files_.WriteDurably(root_ + "/a", "one");
  files_.WriteDurably(root_ + "/a", "two");
  EXPECT_EQ(files_.ReadAll(root_ + "/a"), "two");
  EXPECT_EQ(files_.List(root_).size(), 1u);
}

TEST_F(SeamsTest, FaultsOfFilesHaveTheirCodes) {
  EXPECT_EQ(CodeOf([&] { files_.Open(root_ + "/none", OpenMode::kRead, 0); }), Code::kNotFound);
  files_.WriteDurably(root_ + "/a", "one");
  EXPECT_EQ(CodeOf([&] { files_.Open(root_ + "/a", OpenMode::kCreateNew, 0644); }), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { files_.ReadAll(root_ + "/a", 2); }), Code::kResourceExhausted);
  EXPECT_EQ(CodeOf([&] {
              files_.Open("/dev/full", OpenMode::kReadWrite, 0)->WriteAt(0, std::as_bytes(std::span("x")));
            }),
            Code::kStorageFull);
}

TEST_F(SeamsTest, RemoveAllFollowsNoLink) {
  files_.CreateDirectories(root_ + "/keep");
  files_.WriteDurably(root_ + "/keep/a", "one");
  files_.CreateDirectories(root_ + "/gone/deep");
  files_.CreateLink(root_ + "/keep", root_ + "/gone/deep/link");
  files_.RemoveAll(root_ + "/gone");
  EXPECT_FALSE(files_.Exists(root_ + "/gone"));
  EXPECT_EQ(files_.ReadAll(root_ + "/keep/a"), "one");
}

TEST_F(SeamsTest, SpawnedProcessSeesItsEnvironmentAloneAndIsKnownByIdentity) {
  const ProcessIdentity process = processes_.Spawn(
      {{"/bin/sh", "-c", "env; pwd; exec sleep 60"}, {{"ONLY", "this"}}, root_, root_ + "/output"});
  EXPECT_TRUE(processes_.IsAlive(process));
  ProcessIdentity other = process;
  ++other.start_ticks;
  EXPECT_FALSE(processes_.IsAlive(other));
  EXPECT_FALSE(processes_.Signal(other, SIGKILL));
  while (files_.ReadAll(root_ + "/output").find(root_) == std::string::npos) usleep(1000);
  EXPECT_THAT(files_.ReadAll(root_ + "/output"), testing::HasSubstr("ONLY=this"));
  EXPECT_THAT(files_.ReadAll(root_ + "/output"), testing::Not(testing::HasSubstr("HOME=")));
  EXPECT_TRUE(processes_.Signal(process, SIGKILL));
  while (processes_.IsAlive(process)) usleep(1000);
  processes_.Reap();
}

TEST_F(SeamsTest, SpawnReportsWhatCannotStart) {
  EXPECT_EQ(CodeOf([&] { processes_.Spawn({{root_ + "/none"}, {}, "/", ""}); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { processes_.Spawn({{"/bin/true"}, {}, root_ + "/none", ""}); }), Code::kNotFound);
}

TEST_F(SeamsTest, RunTakesTheOutputAndTheExitCode) {
  const std::map<std::string, std::string> env = {{"PATH", "/usr/bin:/bin"}};
  const CommandResult result = processes_.Run({{"sh", "-c", "echo out; echo err >&2; exit 3"}, env, "/", ""});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(processes_.Run({{"sh", "-c", "kill -9 $$"}, env, "/", ""}).exit_code, 128 + SIGKILL);
  EXPECT_EQ(CodeOf([&] { processes_.Run({{"no-such-program"}, env, "/", ""}); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { processes_.Run({{"yes"}, env, "/", ""}, 1000); }), Code::kResourceExhausted);
}

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(DigestOf("").text(), "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Digest::Parse(DigestOf("x").text()), DigestOf("x"));
  EXPECT_THROW(Digest::Parse("blake3:AF"), Error);
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
}

}  // namespace
}  // namespace orrery
