#include "jobs/local/file_log.h"

#include <cstdlib>
#include <filesystem>
#include <functional>

#include <gtest/gtest.h>

namespace orrery::jobs::local {
namespace {

using record::DroppedRecord;

class FileLogTest : public testing::Test {
 protected:
  FileLogTest() {
    std::string path = std::filesystem::temp_directory_path().string() + "/log.XXXXXX";
    if (!mkdtemp(path.data())) std::abort();
    folder_ = path;
  }
  ~FileLogTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    const auto file = files_.Open(folder_ + "/" + name, OpenMode::kCreateTruncate);
    file->WriteAt(0, std::as_bytes(std::span(text)));
  }
  FileLog Open() {
    return FileLog(files_, files_.Open(folder_ + "/log", OpenMode::kRead), folder_ + "/dropped");
  }
  static std::string All(AttemptLog& log, std::size_t at_once, std::uint64_t offset = 0) {
    std::string text;
    for (LogPart part{.next = offset}; !(part = log.Read(part.next, at_once)).bytes.empty();)
      text += part.bytes;
    return text;
  }

  PosixFileSystem files_;
  std::string folder_;
};

TEST_F(FileLogTest, AWholeLogIsItsFile) {
  Write("log", std::string("0123\0\xff", 6));
  FileLog log = Open();
  EXPECT_TRUE(log.IsWhole());
  EXPECT_EQ(log.Size(), 6u);
  EXPECT_EQ(All(log, 4), std::string("0123\0\xff", 6));
  EXPECT_EQ(log.Read(2, 2).next, 4u);
  EXPECT_EQ(log.Read(1'000, 2).bytes, "");
}

TEST_F(FileLogTest, InTheMiddleALineSaysHowMuchIsMissing) {
  Write("log", "head" + std::string(100, '\0') + "tail");
  Write("dropped", record::Encode(DroppedRecord{4, 104}));
  FileLog log = Open();
  EXPECT_FALSE(log.IsWhole());
  EXPECT_EQ(log.Size(), 108u);
  const std::string text = "head\n[orrery: 100 bytes of this log were dropped]\ntail";
  EXPECT_EQ(All(log, 1), text);
  EXPECT_EQ(All(log, 1'000), text);
  EXPECT_EQ(All(log, 1'000, 50), "\n[orrery: 54 bytes of this log were dropped]\ntail");
  EXPECT_EQ(All(log, 1'000, 104), "tail");
}

TEST_F(FileLogTest, WhatIsDroppedAfterwardsIsToldToOneWhoHasItOpen) {
  Write("log", "head" + std::string(100, '\0') + "tail");
  FileLog log = Open();
  EXPECT_EQ(log.Read(0, 4).next, 4u);
  Write("dropped", record::Encode(DroppedRecord{4, 54}));
  LogPart part = log.Read(4, 10);
  EXPECT_EQ(part.bytes, "\n[orrery: 50 bytes of this log were dropped]\n");
  const std::string more = record::Encode(DroppedRecord{4, 64});
  files_.Open(folder_ + "/dropped", OpenMode::kReadWrite)->WriteAt(0, std::as_bytes(std::span(more)));
  EXPECT_EQ(log.Read(part.next, 10).bytes, "\n[orrery: 10 bytes of this log were dropped]\n");
}

/// Has something happen in the middle of a read.
class DisturbedFile : public File {
 public:
  DisturbedFile(std::unique_ptr<File> file, std::function<void()> disturb)
      : file_(std::move(file)), disturb_(std::move(disturb)) {}
  size_t ReadAt(uint64_t offset, std::span<std::byte> out) override {
    const size_t got = file_->ReadAt(offset, out);
    disturb_();
    return got;
  }
  void WriteAt(uint64_t offset, std::span<const std::byte> data) override { file_->WriteAt(offset, data); }
  void Truncate(uint64_t size) override { file_->Truncate(size); }
  void Sync() override { file_->Sync(); }
  uint64_t Size() override { return file_->Size(); }

 private:
  std::unique_ptr<File> file_;
  std::function<void()> disturb_;
};

TEST_F(FileLogTest, NobodyGetsTheZerosOfAPartThatIsDroppedWhileItIsRead) {
  Write("log", "head" + std::string(100, '\0') + "tail");
  FileLog log(files_,
              std::make_unique<DisturbedFile>(files_.Open(folder_ + "/log", OpenMode::kRead),
                                              [&] {
                                                Write("dropped", record::Encode(DroppedRecord{4, 104}));
                                              }),
              folder_ + "/dropped");
  EXPECT_EQ(All(log, 60), "head\n[orrery: 100 bytes of this log were dropped]\ntail");
}

TEST_F(FileLogTest, ACutLogEndsWithALineThatSaysSo) {
  Write("log", "head and last words");
  Write("dropped", record::Encode(DroppedRecord{4, DroppedRecord::kRest}));
  FileLog log = Open();
  EXPECT_EQ(log.Size(), 4u);
  EXPECT_EQ(All(log, 3),
            "head\n[orrery: the rest of this log was dropped: where it lies a file gives no space back]\n");
}

}  // namespace
}  // namespace orrery::jobs::local
