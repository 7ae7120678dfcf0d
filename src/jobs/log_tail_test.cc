#include "jobs/log_tail.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace orrery::jobs {
namespace {

TEST(LogTailTest, KeepsTheLastTwentyLines) {
  EXPECT_EQ(LogTail(""), "");
  EXPECT_EQ(LogTail("one\ntwo"), "one\ntwo");
  std::string log, expected;
  for (int i = 0; i < 100; ++i) {
    log += std::to_string(i) + "\n";
    if (i >= 80) expected += std::to_string(i) + "\n";
  }
  EXPECT_EQ(LogTail(log), expected);
}

TEST(LogTailTest, IsShortValidText) {
  std::string log;
  for (int i = 0; i < 5000; ++i) log += "\xc3\xa9";
  EXPECT_EQ(LogTail(log).size(), 4096u);
  EXPECT_TRUE(IsUtf8(LogTail("x" + log)));
  std::string binary;
  for (int i = 0; i < 70'000; ++i) binary += static_cast<char>(i * 7);
  const std::string tail = LogTail(binary);
  EXPECT_TRUE(IsUtf8(tail));
  EXPECT_LE(tail.size(), 4096u);
  EXPECT_EQ(tail.find('\0'), std::string::npos);
}

}  // namespace
}  // namespace orrery::jobs
