#include "tracking/artifact_path.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery::tracking {
namespace {

TEST(ArtifactPathTest, TakesOrdinaryNames) {
  for (const char* text :
       {"a", "a/b/c.txt", "100%.txt", "a b.txt", "Ωμέγα 🪐.txt", "a+b&c=d.txt", "it's.txt",
        "a;b,c.txt", "~x@y.txt", "...", "..a", ".hidden", "a:b/c", "time:12"}) {
    EXPECT_EQ(ArtifactPath::Parse(text).text(), text);
  }
}

TEST(ArtifactPathTest, RefusesWhatCouldLeadElsewhere) {
  for (const char* text : {"",
                           ".",
                           "..",
                           "../../../../etc/passwd",
                           "%2e%2e/%2e%2e/etc/passwd",
                           "..%2f..%2fetc%2fpasswd",
                           "%252e%252e%252fetc/passwd",
                           "%25252e%25252e/x",
                           "%2Fetc%2Fpasswd",
                           "/etc/passwd",
                           "//etc/passwd",
                           "x/..%2f..%2f..%2fetc/passwd",
                           "x/./../../etc",
                           "file:///etc/passwd",
                           "file:%2f%2f%2fetc/passwd",
                           "C:\\Windows\\win.ini",
                           "C:%5cWindows%5cwin.ini",
                           "C:/Windows",
                           "x#/../../etc/passwd",
                           "x#y",
                           "x%23y",
                           "a%00b",
                           "\xc0\xae\xc0\xae/etc/passwd",
                           "%c0%ae%c0%ae/etc/passwd",
                           "..;/..;/etc",
                           "x\\..\\..\\pwn",
                           "a//b",
                           "a/",
                           "x/..",
                           "./",
                           "a\nb",
                           "a?b"}) {
    EXPECT_THROW(ArtifactPath::Parse(text), Error) << text;
  }
  EXPECT_THROW(ArtifactPath::Parse(std::string("a\0b", 3)), Error);
  EXPECT_THROW(ArtifactPath::Parse(std::string(5000, 'a')), Error);
}

}  // namespace
}  // namespace orrery::tracking
