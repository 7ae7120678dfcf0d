#include "cli/table.h"

#include <cmath>

#include <gmock/gmock.h>

namespace orrery::cli {
namespace {

TEST(Tables, AlignAndFitTheTerminal) {
  Table table({{"JOB"}, {"LOSS", Table::Align::kRight}, {.title = "REASON", .room = Table::Room::kCut}});
  table.Add({{"a1"}, {"0.5"}, {"waits for a long time because of many things"}});
  table.Add({{"b22"}, {"12.25"}, {"ran"}});
  EXPECT_EQ(table.Text({}),
            "JOB   LOSS  REASON\n"
            "a1     0.5  waits for a long time because of many things\n"
            "b22  12.25  ran\n");
  EXPECT_EQ(table.Text({.interactive = true, .colour = false, .width = 30}),
            "JOB   LOSS  REASON\n"
            "a1     0.5  waits for a long …\n"
            "b22  12.25  ran\n");
}

TEST(Tables, LeaveOutWhatIsLeastWantedAndNeverCutAnId) {
  using Room = Table::Room;
  Table table({{"JOB"},
               {.title = "NAME", .room = Room::kCut},
               {"STATE"},
               {.title = "TIME", .room = Room::kSpare},
               {.title = "SUBMITTED", .room = Room::kSpare}});
  table.Add({{"0123456789abcdef"}, {"a rather long name"}, {"RUNNING"}, {"3.2 s"}, {"just now"}});
  const auto at = [&](size_t width) { return table.Text({.interactive = true, .width = width}); };
  EXPECT_EQ(at(64),
            "JOB               NAME                STATE    TIME   SUBMITTED\n"
            "0123456789abcdef  a rather long name  RUNNING  3.2 s  just now\n");
  EXPECT_EQ(at(50),
            "JOB               NAME              STATE    TIME\n"
            "0123456789abcdef  a rather long n…  RUNNING  3.2 s\n");
  EXPECT_EQ(at(40),
            "JOB               NAME           STATE\n"
            "0123456789abcdef  a rather lon…  RUNNING\n");
  EXPECT_THAT(at(20), testing::HasSubstr("0123456789abcdef  a rathe…  RUNNING\n"));
}

TEST(Tables, ColoursAppearOnlyOnATerminalThatShowsThem) {
  Table table({{"A"}});
  table.Add({{"x", Tint::kRed}});
  EXPECT_THAT(table.Text({}), testing::Not(testing::HasSubstr("\x1b")));
  EXPECT_THAT(table.Text({.interactive = true, .colour = true, .width = 80}),
              testing::HasSubstr("\x1b[31mx\x1b[0m"));
}

TEST(Text, WidthsCountWhatIsSeen) {
  EXPECT_EQ(DisplayWidth("naïve"), 5u);
  EXPECT_EQ(DisplayWidth("模型"), 4u);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1u);
  EXPECT_EQ(FitText("模型模型", 5), "模型…");
  EXPECT_EQ(FitText("a\x1b[2Jb", 10), "a?[2Jb");
  EXPECT_EQ(FitText("\xff", 10), "\xef\xbf\xbd");
}

TEST(Text, WrapsBetweenWordsAndIndents) {
  EXPECT_EQ(WrapText("one two three", 9, 2), "one two\n  three");
  EXPECT_EQ(WrapText("a-word-longer-than-that x", 8, 1), "a-word-longer-than-that\n x");
  EXPECT_EQ(WrapText("one two three", 0, 2), "one two three");
}

TEST(Text, AmountsReadWell) {
  EXPECT_EQ(DurationText(3.24), "3.2 s");
  EXPECT_EQ(DurationText(-3600), "0.0 s") << "the server's clock is ahead of ours";
  EXPECT_EQ(DurationText(245), "4 min 05 s");
  EXPECT_EQ(DurationText(7800), "2 h 10 min");
  EXPECT_EQ(SizeText(512), "512 B");
  EXPECT_EQ(SizeText(3u << 19), "1.5 MiB");
  EXPECT_EQ(NumberText(0.0831), "0.0831");
  EXPECT_EQ(NumberText(std::nan("")), "NaN");
}

}  // namespace
}  // namespace orrery::cli
