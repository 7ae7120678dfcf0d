#include "content/manifest.h"

#include <gmock/gmock.h>

namespace orrery::content {
namespace {

ManifestEntry Entry(const std::string& path) {
  return {path, EntryMode::kFile, 1, DigestOf("x")};
}

TEST(Manifest, TextIsSortedAndReadsBack) {
  const Manifest manifest = Manifest::Of({Entry("b"), Entry("a/c"), Entry("a-b")});
  EXPECT_EQ(manifest.Text(),
            "{\"path\":\"a-b\",\"mode\":\"FILE\",\"size\":1,\"digest\":\"" + DigestOf("x").text() +
                "\"}\n{\"path\":\"a/c\",\"mode\":\"FILE\",\"size\":1,\"digest\":\"" + DigestOf("x").text() +
                "\"}\n{\"path\":\"b\",\"mode\":\"FILE\",\"size\":1,\"digest\":\"" + DigestOf("x").text() +
                "\"}\n");
  EXPECT_EQ(Manifest::Parse(manifest.Text()).Text(), manifest.Text());
  EXPECT_TRUE(Manifest::Parse("").entries.empty());
}

TEST(Manifest, RefusesPathsThatLeaveOrCollide) {
  for (const char* path : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\xff"}) {
    EXPECT_THROW(Manifest::Of({Entry(path)}), Error) << path;
  }
  EXPECT_THROW(Manifest::Of({Entry("a"), Entry("a")}), Error);
  EXPECT_THROW(Manifest::Of({Entry("a"), Entry("a-b"), Entry("a/b")}), Error);
}

TEST(Manifest, RefusesTextThatIsNotCanonical) {
  const std::string one = Manifest::Of({Entry("a")}).Text();
  const std::string two = Manifest::Of({Entry("b")}).Text();
  for (const std::string& text :
       {two + one, one + one, one.substr(0, one.size() - 1), std::string("\n"), std::string("{}\n")}) {
    EXPECT_THROW(Manifest::Parse(text), Error) << text;
  }
}

TEST(Manifest, LinksMayOnlyPointInside) {
  EXPECT_TRUE(LinkStaysInside("a/b", "../c"));
  EXPECT_TRUE(LinkStaysInside("a/b/c", "../.././d//e"));
  // With "b/c" a link to the root, "b/c/.." lies outside.
  EXPECT_FALSE(LinkStaysInside("a", "b/c/.."));
  EXPECT_FALSE(LinkStaysInside("a/b", "../../c"));
  EXPECT_FALSE(LinkStaysInside("a", "/etc/passwd"));
  EXPECT_FALSE(LinkStaysInside("a", "b/../../c"));
  EXPECT_FALSE(LinkStaysInside("a", ""));
}

}  // namespace
}  // namespace orrery::content
