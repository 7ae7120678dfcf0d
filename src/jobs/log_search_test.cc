#include "jobs/log_search.h"

#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What is found in `log` when it comes in pieces of `size` bytes.
std::vector<LogMatch> Find(const std::string& log, const std::string& pattern, size_t size = 1'000'000,
                           bool ignore_case = false) {
  LogSearch search(pattern, ignore_case);
  std::vector<LogMatch> found;
  const LogSearch::Sink sink = [&](LogMatch match) {
    found.push_back(std::move(match));
    return true;
  };
  for (size_t at = 0; at < log.size(); at += size) search.Take(std::string_view(log).substr(at, size), sink);
  search.Finish(sink);
  return found;
}

std::string Refusal(const std::string& pattern) {
  try {
    const LogSearch search(pattern, false);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
    EXPECT_EQ(error.field(), "grep");
    return error.what();
  }
  return "accepted";
}

TEST(LogSearchTest, SaysWhereTheLinesAre) {
  const std::string log = "loss 0.5\nsaved\r\n\nloss 0.25\nno end: loss";
  for (const size_t size : {1, 3, 100}) {
    EXPECT_THAT(Find(log, "loss", size), ElementsAre(LogMatch{1, 0, "loss 0.5"}, LogMatch{4, 17, "loss 0.25"},
                                                     LogMatch{5, 27, "no end: loss"}));
    EXPECT_THAT(Find(log, "saved$", size), ElementsAre(LogMatch{2, 9, "saved"}));
    EXPECT_THAT(Find(log, "^$", size), ElementsAre(LogMatch{3, 16, ""}));
  }
  EXPECT_TRUE(Find("", "^$").empty());
  EXPECT_TRUE(Find("a\n", "^$").empty()) << "behind the last line's end there is no line";
}

TEST(LogSearchTest, OffsetsStayRightBehindWhatWasDropped) {
  LogSearch search("x", false);
  std::vector<LogMatch> found;
  const LogSearch::Sink sink = [&](LogMatch match) {
    found.push_back(std::move(match));
    return true;
  };
  search.Take("x\n(dropped)\n", sink);
  search.MoveTo(1'000);
  search.Take("x1\nand", sink);
  search.MoveTo(1'006);
  search.Take(" x2\n", sink);
  EXPECT_THAT(found,
              ElementsAre(LogMatch{1, 0, "x"}, LogMatch{3, 1'000, "x1"}, LogMatch{4, 1'003, "and x2"}));
}

TEST(LogSearchTest, IgnoresCaseWhenAsked) {
  EXPECT_TRUE(Find("An ERROR\n", "error").empty());
  EXPECT_EQ(Find("An ERROR\n", "error", 5, true).size(), 1u);
}

TEST(LogSearchTest, LooksAtTheBeginningOfALongLineAndHoldsNoMoreOfIt) {
  const std::string log = std::string(64 << 10, 'a') + "needle\n" + "needle\n";
  EXPECT_THAT(Find(log, "needle", 1'000), ElementsAre(LogMatch{2, (64 << 10) + 7, "needle"}));
  EXPECT_EQ(Find(log, "a", 1'000).at(0).text.size(), 64u << 10);
}

TEST(LogSearchTest, BinaryOutputIsSearchedAndRepaired) {
  EXPECT_THAT(Find(std::string("\xff\0b a\n", 6), "b a"),
              ElementsAre(LogMatch{1, 0, std::string("\xef\xbf\xbd\0b a", 7)}));
}

TEST(LogSearchTest, APatternThatBacktracksForEverElsewhereDoesNotHere) {
  EXPECT_TRUE(Find(std::string(50'000, 'a') + "\n", "(a*)*(a*)*b$").empty());
}

TEST(LogSearchTest, StopsWhenTheSinkHasHadEnough) {
  LogSearch search("x", false);
  int found = 0;
  EXPECT_FALSE(search.Take("x\nx\nx\n", [&](const LogMatch&) { return ++found < 2; }));
  EXPECT_EQ(found, 2);
}

TEST(LogSearchTest, SaysAtWhichCharacterAPatternIsWrong) {
  EXPECT_THAT(Refusal("a**b"), HasSubstr("at character 2: "));
  EXPECT_THAT(Refusal("\xc3\xa4\xc3\xb6[b-a]"), HasSubstr("at character 4: invalid character class range"));
  EXPECT_THAT(Refusal("loss ("), HasSubstr("at character 7: missing )"));
  EXPECT_THAT(Refusal("x[a"), HasSubstr("missing ]"));
  EXPECT_THAT(Refusal("\\"), HasSubstr("trailing \\"));
  EXPECT_THAT(Refusal("(?<name>a)"), HasSubstr("at character"));
  EXPECT_THAT(Refusal("((a{1,100}){1,100}){1,100}"), HasSubstr("at character"));
  EXPECT_THAT(Refusal(std::string(1'001, 'a')), HasSubstr("at most 1000 bytes, got 1001"));
}

}  // namespace
}  // namespace orrery::jobs
