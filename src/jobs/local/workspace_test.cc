#include "jobs/local/workspace.h"

#include <fstream>

#include "jobs/local/test_executor.h"

namespace orrery::jobs::local {
namespace {

using content::EntryMode;
using content::Manifest;

class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() {
    root_ = std::filesystem::temp_directory_path().string() + "/workspace.XXXXXX";
    if (!mkdtemp(root_.data())) std::abort();
    std::filesystem::create_directory(root_ + "/work");
  }
  ~WorkspaceTest() override { std::filesystem::remove_all(root_); }

  void LayOutText(const std::string& manifest) {
    LayOut(files_, code_, code_.Put(manifest), root_ + "/work");
  }

  std::string root_;
  PosixFileSystem files_;
  MapCode code_;
};

TEST_F(WorkspaceTest, LaysOutFilesProgramsAndLinks) {
  LayOutText(Manifest::Of({code_.Entry("a/b/c.txt", EntryMode::kFile, "text"),
                           code_.Entry("a/link", EntryMode::kLink, "../run.sh"),
                           code_.Entry("empty", EntryMode::kFile, ""),
                           code_.Entry("run.sh", EntryMode::kExecutable, "#!/bin/sh\n")})
                 .Text());
  EXPECT_EQ(files_.ReadAll(root_ + "/work/a/b/c.txt"), "text");
  EXPECT_EQ(files_.ReadAll(root_ + "/work/a/link"), "#!/bin/sh\n");
  EXPECT_EQ(files_.Stat(root_ + "/work/empty").size, 0u);
  EXPECT_EQ(files_.Stat(root_ + "/work/run.sh").mode & 0100, 0100u);
  EXPECT_EQ(files_.Stat(root_ + "/work/a/b/c.txt").mode & 0111, 0u);
}

TEST_F(WorkspaceTest, NothingLeavesTheDirectory) {
  const Digest bytes = code_.Put("x");
  const auto line = [&](const std::string& path, const std::string& mode) {
    return R"({"path":")" + path + R"(","mode":")" + mode + R"(","size":1,"digest":")" + bytes.text() +
           "\"}\n";
  };
  for (const std::string path : {"../out", "/etc/out", "a/../../out", "a\\u0000b", "", ".", "a//b"}) {
    EXPECT_THROW(LayOutText(line(path, "FILE")), Error) << path;
  }
  for (const std::string target : {"/etc/passwd", "../out", "a/../../out", "", "x/.."}) {
    EXPECT_THROW(LayOutText(Manifest::Of({code_.Entry("link", EntryMode::kLink, target)}).Text()), Error)
        << target;
  }
  // A file below a link would be written where the link leads.
  EXPECT_THROW(LayOutText(line("link", "LINK") + line("link/file", "FILE")), Error);
  EXPECT_TRUE(std::filesystem::is_empty(root_ + "/work"));
  EXPECT_FALSE(files_.Exists(root_ + "/out"));
}

TEST_F(WorkspaceTest, ASizeThatIsNotTheContentsIsRefused) {
  content::ManifestEntry entry = code_.Entry("file", EntryMode::kFile, "four");
  entry.size = 5;
  EXPECT_THROW(LayOutText(Manifest::Of({entry}).Text()), Error);
}

}  // namespace
}  // namespace orrery::jobs::local
