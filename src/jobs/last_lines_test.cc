#include "jobs/last_lines.h"

#include <gtest/gtest.h>

namespace orrery::jobs {
namespace {

class TextLog final : public AttemptLog {
 public:
  /// What is before `kept` but the first byte was dropped; 0: nothing was.
  explicit TextLog(std::string text, uint64_t kept = 0) : text_(std::move(text)), kept_(kept) {}
  uint64_t Size() override { return text_.size(); }
  bool IsWhole() override { return kept_ == 0; }
  LogPart Read(uint64_t offset, size_t most) override {
    if (offset > 0 && offset < kept_) return {"(dropped)\n", kept_};
    const std::string bytes = text_.substr(offset, offset == 0 && kept_ > 0 ? 1 : most);
    return {bytes, offset + bytes.size()};
  }

 private:
  std::string text_;
  uint64_t kept_;
};

std::string Last(const std::string& text, int64_t lines) {
  TextLog log(text);
  return text.substr(OffsetOfLastLines(log, lines));
}

TEST(LastLinesTest, CountsLinesWhetherTheLastOneEndsOrNot) {
  EXPECT_EQ(Last("", 1), "");
  EXPECT_EQ(Last("\n", 1), "\n");
  EXPECT_EQ(Last("a\nb\nc\n", 1), "c\n");
  EXPECT_EQ(Last("a\nb\nc", 1), "c");
  EXPECT_EQ(Last("a\n\n\n", 2), "\n\n");
  EXPECT_EQ(Last("a\nb\nc\n", 3), "a\nb\nc\n");
  EXPECT_EQ(Last("a\nb\nc\n", 100), "a\nb\nc\n");
}

TEST(LastLinesTest, ReadsBackOverBlocks) {
  std::string text, wanted;
  for (int i = 0; i < 50'000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    text += line;
    if (i >= 20'000) wanted += line;
  }
  EXPECT_EQ(Last(text, 30'000), wanted);
  EXPECT_EQ(Last("before\n" + std::string(200'000, 'x') + "\n", 1), std::string(200'000, 'x') + "\n");
}

TEST(LastLinesTest, BeginAtTheLatestBehindWhatWasDropped) {
  const std::string text = "a\nb\nc\nd\n";
  for (const int64_t lines : {2, 3, 100}) {
    TextLog log(text, 4);
    EXPECT_EQ(text.substr(OffsetOfLastLines(log, lines)), "c\nd\n") << lines;
  }
  TextLog log(text, 4);
  EXPECT_EQ(text.substr(OffsetOfLastLines(log, 1)), "d\n");
}

}  // namespace
}  // namespace orrery::jobs
