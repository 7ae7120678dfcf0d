#include "http/target.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery::http {
namespace {

TEST(ParseTarget, DecodesOnce) {
  const Target target = ParseTarget("/api/a%20b/100%25.txt?x=1&y=a+b%2B&x=%E2%82%AC&flag");
  EXPECT_EQ(target.path, "/api/a b/100%.txt");
  EXPECT_EQ(target.raw_path, "/api/a%20b/100%25.txt");
  EXPECT_EQ(target.segments, (std::vector<std::string>{"api", "a b", "100%.txt"}));
  EXPECT_EQ(target.query.All("x"), (std::vector<std::string>{"1", "\u20ac"}));
  EXPECT_EQ(target.query.Get("y"), "a b+");
  EXPECT_EQ(target.query.Find("flag"), "");
  EXPECT_THROW(target.query.Find("x"), Error);
}

TEST(ParseTarget, ReadsRootTrailingSlashAndAbsoluteForm) {
  EXPECT_TRUE(ParseTarget("/").segments.empty());
  EXPECT_EQ(ParseTarget("/a/").segments, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(ParseTarget("http://h:1/a?b=c").path, "/a");
  EXPECT_EQ(ParseTarget("http://h").path, "/");
}

class RefusedTarget : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedTarget, IsInvalid) {
  try {
    ParseTarget(GetParam());
    FAIL() << GetParam();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalidArgument);
  }
}

// security_cases: traversal in every encoding, ambiguous separators, bytes that other readers end a string at.
INSTANTIATE_TEST_SUITE_P(Ambiguous, RefusedTarget,
                         ::testing::Values("", "a", "/x/../../../etc/passwd", "/x/%2e%2e/%2e%2e/etc/passwd",
                                           "/x/..%2f..%2fetc", "/x/%252e%252e%252fetc/passwd",
                                           "/x/%25252e%25252e/etc", "/x/%2Fetc%2Fpasswd", "/x//etc/passwd",
                                           "//api/x", "/x/./../../etc", "/x/file:%2f%2f%2fetc",
                                           "/x/C:%5cWindows", "/x\\y", "/x%23/../../etc", "/x#y", "/a%00b",
                                           "/%c0%ae%c0%ae/etc", "/..;/..;/etc", "/.", "/x/..", "/%2e",
                                           "/a%0d%0ab", "/%", "/%1", "/%zz", "/a?b=%", "/a?b=%00", "/a?b=%ff",
                                           "ftp://h/a"));

TEST(Query, ReadsNumbersAndFlags) {
  const Query query = Query::Parse("n=5&bad=5x&big=99999999999999999999&t=true&no=yes&&=");
  EXPECT_EQ(query.Integer("n", 1, 0, 10), 5);
  EXPECT_EQ(query.Integer("absent", 1, 0, 10), 1);
  EXPECT_THROW(query.Integer("n", 1, 6, 10), Error);
  EXPECT_THROW(query.Integer("bad", 1, 0, 10), Error);
  EXPECT_THROW(query.Integer("big", 1, 0, 10), Error);
  EXPECT_TRUE(query.Flag("t", false));
  EXPECT_THROW(query.Flag("no", false), Error);
  EXPECT_THROW(query.RefuseOthers({"n", "bad"}), Error);
  EXPECT_NO_THROW(Query::Parse("n=1").RefuseOthers({"n"}));
}

TEST(PercentEncode, RoundTrips) {
  const std::string text = "a/b c%\xe2\x82\xac+&=?";
  EXPECT_EQ(PercentDecode(PercentEncode(text), true), text);
  EXPECT_EQ(PercentEncode("a/b", true), "a/b");
  EXPECT_EQ(PercentEncode("a/b"), "a%2Fb");
}

}  // namespace
}  // namespace orrery::http
