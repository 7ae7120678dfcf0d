#include "jobs/image_reference.h"

#include <gtest/gtest.h>

namespace orrery::jobs {
namespace {

TEST(ImageReferenceTest, TakesNamesApart) {
  const std::string digest(64, 'a');
  const auto tagged = ParseImageReference("docker.io/library/python:3.11").value();
  EXPECT_EQ(tagged.name, "docker.io/library/python");
  EXPECT_EQ(tagged.tag, "3.11");
  EXPECT_EQ(tagged.Exact(), "docker.io/library/python:3.11");
  EXPECT_EQ(ParseImageReference("localhost/mine")->Exact(), "localhost/mine:latest");
  EXPECT_EQ(ParseImageReference("10.0.0.1:5000/a/b__c-d:v1_x")->Exact(), "10.0.0.1:5000/a/b__c-d:v1_x");
  const auto pinned = ParseImageReference("quay.io/a/b:tag@sha256:" + digest).value();
  EXPECT_EQ(pinned.tag, "tag");
  EXPECT_EQ(pinned.Exact(), "quay.io/a/b@sha256:" + digest);
  EXPECT_EQ(ParseImageReference("quay.io/a/b@sha256:" + digest)->tag, "");
}

TEST(ImageReferenceTest, TakesNothingElse) {
  for (const std::string text : {"",
                                 "python",
                                 "library/python",
                                 "docker.io",
                                 "docker.io/",
                                 "docker.io/Python",
                                 "docker.io//a",
                                 "docker.io/a/",
                                 "docker.io/a:",
                                 "docker.io/a:-x",
                                 "docker.io/a: b",
                                 "--privileged",
                                 "-v/:/host",
                                 "docker.io/a --rm",
                                 "docker.io/a\nb",
                                 "docker.io/-a",
                                 "docker.io/../a",
                                 "docker.io/a@sha256:00",
                                 "docker.io/a@md5:00",
                                 "docker.io:/a",
                                 "docker.io:x/a",
                                 ".io/a",
                                 "https://docker.io/a",
                                 "docker.io/a@"}) {
    EXPECT_FALSE(ParseImageReference(text)) << text;
  }
  EXPECT_FALSE(ParseImageReference("docker.io/" + std::string(600, 'a')));
}

}  // namespace
}  // namespace orrery::jobs
