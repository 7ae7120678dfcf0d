#include "cli/terminal_text.h"

#include <gtest/gtest.h>

namespace orrery::cli {
namespace {

std::string Shown(std::string_view text, size_t at_once = 1'000) {
  TerminalText terminal;
  std::string shown;
  for (size_t i = 0; i < text.size(); i += at_once) shown += terminal.Take(text.substr(i, at_once));
  return shown + terminal.Rest();
}

TEST(TerminalTextTest, TextIsShownAsItIs) {
  const std::string text = "loss 0.1\r\n\tna\xc3\xafve \xe2\x82\xac \xf0\x9f\x9a\x80\n";
  EXPECT_EQ(Shown(text), text);
  EXPECT_EQ(Shown(text, 1), text);
}

TEST(TerminalTextTest, ColoursStayAndEndWithTheLog) {
  const std::string text = "\x1b[1;31mred\x1b[K";
  EXPECT_EQ(Shown(text), text + "\x1b[0m");
  EXPECT_EQ(Shown(text, 1), text + "\x1b[0m");
}

TEST(TerminalTextTest, NothingElseReachesTheTerminal) {
  const std::string text =
      "\x1b]0;title\a\x1b[2J\x1b[6n\x1b" + std::string("c\b\x7f\0", 4) + "\xc2\x9b" + "1m";
  const std::string shown = "\\x1b]0;title\\x07\\x1b[2J\\x1b[6n\\x1bc\\x08\\x7f\\x00\\xc2\\x9b1m";
  EXPECT_EQ(Shown(text), shown);
  EXPECT_EQ(Shown(text, 1), shown);
}

TEST(TerminalTextTest, BytesThatAreNoTextAreShownAsNumbers) {
  EXPECT_EQ(Shown("a\xff\xc3(\xe2\x82"
                  "b\xed\xa0\x80"),
            "a\\xff\\xc3(\\xe2\\x82"
            "b\\xed\\xa0\\x80");
  EXPECT_EQ(Shown("cut \xe2\x82"), "cut \\xe2\\x82");
  EXPECT_EQ(Shown("cut \x1b[31"), "cut \\x1b\\x5b\\x33\\x31");
  EXPECT_EQ(Shown("\x1b[" + std::string(100, '1')), "\\x1b[" + std::string(100, '1'));
}

}  // namespace
}  // namespace orrery::cli
