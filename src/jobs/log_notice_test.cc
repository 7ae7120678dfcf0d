#include "jobs/log_notice.h"

#include <gtest/gtest.h>

namespace orrery::jobs {
namespace {

std::uint64_t OffsetAfter(const std::string& text, std::size_t at_once) {
  LogPosition position;
  for (std::size_t i = 0; i < text.size(); i += at_once)
    position.Take(std::string_view(text).substr(i, at_once));
  return position.offset();
}

TEST(LogPositionTest, CountsWhatWasReadAndWhatWasDropped) {
  const std::string text =
      "head" + DroppedNotice(1'000'000) + "\n\n[orrery: tail" + DroppedNotice(7) + "end\n";
  for (const std::size_t at_once : {1, 2, 3, 7, 1'000}) {
    EXPECT_EQ(OffsetAfter(text, at_once), 4 + 1'000'000 + 15 + 7 + 4) << at_once;
  }
}

TEST(LogPositionTest, TextIsText) {
  for (const std::string text :
       {"", "\n", "a\nb", "\n[orrery: ", "\n[orrery: 12 bytes of this log were dropped",
        "\n[orrery: x bytes]\n\n", "\n[orrery: 12 bytes of this log were lost]\n",
        "\n[orrery: 99999999999999999999999 bytes of this log were dropped]\n"}) {
    for (const std::size_t at_once : {1, 5, 1'000})
      EXPECT_EQ(OffsetAfter(text, at_once), text.size()) << text;
  }
}

TEST(LogPositionTest, BehindTheRestThereIsNothing) {
  EXPECT_EQ(OffsetAfter("head" + DroppedNotice(std::nullopt), 1), INT64_MAX);
  EXPECT_EQ(OffsetAfter("head" + DroppedNotice(std::nullopt), 1'000), INT64_MAX);
}

TEST(LogPositionTest, AStreamThatBrokeInTheMiddleOfTheLineIsTakenUpThere) {
  LogPosition position;
  position.Take("head");
  position.Take(DroppedNotice(1'000).substr(0, 10));
  EXPECT_EQ(position.offset(), 14u);
  position.Take(DroppedNotice(990) + "tail");
  EXPECT_EQ(position.offset(), 1'008u);
}

}  // namespace
}  // namespace orrery::jobs
