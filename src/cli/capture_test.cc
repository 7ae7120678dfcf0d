#include "cli/capture.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/config.h"
#include "base/error.h"

namespace orrery::cli {
namespace {

class CaptureTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "captureXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { files_.RemoveAll(root_); }

  void Write(const std::string& path, const std::string& text) {
    files_.CreateDirectories(ParentOf(root_ + "/" + path));
    files_.WriteDurably(root_ + "/" + path, text);
  }
  void Git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-c", "user.name=a", "-c", "user.email=a@example.com"});
    ASSERT_EQ(processes_.Run({arguments, CurrentEnvironment(), root_, ""}).exit_code, 0);
  }
  std::vector<std::string> Paths(const CapturedCode& code) {
    std::vector<std::string> paths;
    for (const auto& entry : code.manifest.entries) paths.push_back(entry.path);
    return paths;
  }

  PosixFileSystem files_;
  PosixProcesses processes_;
  std::string root_;
};

TEST_F(CaptureTest, AFolderOutsideGitIsTakenWithoutCaches) {
  Write("train.py", "print(1)\n");
  Write("lib/a.py", "");
  Write(".venv/big", "x");
  Write("lib/__pycache__/a.pyc", "x");
  files_.SetMode(root_ + "/train.py", 0755);
  files_.CreateLink("lib/a.py", root_ + "/link");
  const CapturedCode code = CaptureCode(files_, processes_, root_);
  EXPECT_THAT(Paths(code), testing::ElementsAre("lib/a.py", "link", "train.py"));
  EXPECT_EQ(code.manifest.entries[1].mode, content::EntryMode::kLink);
  EXPECT_EQ(code.manifest.entries[2].mode, content::EntryMode::kExecutable);
  EXPECT_EQ(code.manifest.entries[2].digest, DigestOf("print(1)\n"));
  EXPECT_EQ(code.sources.at(DigestOf("print(1)\n")).path_or_target, root_ + "/train.py");
  EXPECT_FALSE(code.commit);
}

TEST_F(CaptureTest, GitTellsCommitDifferenceAndUntrackedFiles) {
  Git({"init", "-q"});
  Write(".gitignore", "*.bin\n");
  Write("train.py", "print(1)\n");
  Write("gone.py", "");
  Git({"add", "-A"});
  Git({"commit", "-qm", "one"});
  const CapturedCode clean = CaptureCode(files_, processes_, root_);
  EXPECT_FALSE(clean.dirty);
  ASSERT_TRUE(clean.commit);
  EXPECT_EQ(clean.commit->size(), 40u);
  EXPECT_FALSE(clean.difference);

  Write("train.py", "print(2)\n");
  Write("new.py", "");
  Write("data.bin", "x");
  files_.Remove(root_ + "/gone.py");
  const CapturedCode dirty = CaptureCode(files_, processes_, root_);
  EXPECT_THAT(Paths(dirty), testing::ElementsAre(".gitignore", "new.py", "train.py"));
  EXPECT_TRUE(dirty.dirty);
  ASSERT_TRUE(dirty.difference);
  EXPECT_THAT(*dirty.difference, testing::HasSubstr("+print(2)"));
}

TEST_F(CaptureTest, ALinkThatLeavesTheFolderIsRefused) {
  files_.CreateLink("/etc/passwd", root_ + "/link");
  EXPECT_THROW(CaptureCode(files_, processes_, root_), Error);
}

}  // namespace
}  // namespace orrery::cli
