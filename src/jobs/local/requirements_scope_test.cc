#include "jobs/local/requirements_scope.h"

#include <map>

#include <gtest/gtest.h>

namespace orrery::jobs::local {
namespace {

RequirementsScope Read(const std::string& text, const std::map<std::string, std::string>& files = {}) {
  const auto find = [&](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return std::nullopt;
    return found->second;
  };
  return ScopeOf(text, find, find);
}

TEST(RequirementsScopeTest, PackagesOfAnIndexDependOnTheTextAlone) {
  for (const std::string text : {"",
                                 "# ./pkg\n",
                                 "six",
                                 "six==1.16",
                                 "six >= 1, < 2  # ./pkg",
                                 "six[extra] ; python_version < '4'",
                                 "six (>=1)",
                                 "six; sys_platform == 'linux'",
                                 "six==1 --hash=sha256:00",
                                 "six \\\n  ==1",
                                 "six @ https://example.org/six.whl",
                                 "https://example.org/six.whl",
                                 "git+https://example.org/six@main",
                                 "-i https://example.org/simple",
                                 "--extra-index-url=https://example.org",
                                 "--no-index --pre\nsix",
                                 "-f /srv/wheels\nsix",
                                 "--find-links https://example.org/wheels",
                                 "-e git+https://example.org/six",
                                 "-c https://example.org/limits.txt",
                                 "six --config-settings=a=b",
                                 "a.b-c_d"}) {
    EXPECT_EQ(Read(text).scope, Scope::kText) << text;
  }
}

TEST(RequirementsScopeTest, WhatLiesInTheCodeDependsOnIt) {
  for (const std::string text :
       {".", "./pkg", "pkg/", "deep/pkg", "./pkg[extra]", "file:./pkg", "file:pkg", "six @ file:pkg",
        "six-1.0-py3-none-any.whl", "SIX.ZIP", "six-1.tar.gz ; python_version > '3'", "-f wheels\nsix",
        "--find-links=./wheels", "six\n\n./pkg", "six \\\n# no\n./pkg", "six\r\n./pkg", "six\f./pkg"}) {
    EXPECT_EQ(Read(text).scope, Scope::kCode) << text;
  }
}

TEST(RequirementsScopeTest, WhatAnybodyMayChangeIsTheAttemptsOwn) {
  for (const std::string text : {"-e .",
                                 "-e./pkg",
                                 "--editable=pkg",
                                 "--editable pkg",
                                 "../pkg",
                                 "pkg/../../other",
                                 "/srv/pkg",
                                 "file:///srv/pkg",
                                 "FILE:pkg",
                                 "six @ file:///srv/pkg",
                                 "git+file:///srv/repository",
                                 "~/pkg",
                                 "${PLACE}",
                                 "-r none.txt",
                                 "-r ../other.txt",
                                 "-r deep/../../other.txt",
                                 "-r /dev/zero",
                                 "--requiremen other.txt",
                                 "-f ../wheels",
                                 "\"./pkg\"",
                                 "six\xe2\x80\xa8./pkg",
                                 "\xef\xbb\xbf-e .",
                                 "--unknown",
                                 "-r",
                                 "# \xc2\x85./pkg"}) {
    EXPECT_EQ(Read(text).scope, Scope::kAttempt) << text;
  }
}

TEST(RequirementsScopeTest, IncludedFilesAreReadBesideTheOneThatNamesThem) {
  const std::map<std::string, std::string> files = {{"deep/a.txt", "-c limits.txt\n--requirement=../b.txt"},
                                                    {"deep/limits.txt", "six<2"},
                                                    {"b.txt", "six"},
                                                    {"loop.txt", "-rloop.txt"},
                                                    {"local.txt", "./pkg"}};
  const RequirementsScope found = Read("-r deep/a.txt", files);
  EXPECT_EQ(found.scope, Scope::kText);
  EXPECT_NE(found.included.find("six<2"), std::string::npos);
  auto changed = files;
  changed["b.txt"] = "six==1";
  EXPECT_NE(Read("-r deep/a.txt", changed).included, found.included);
  EXPECT_EQ(Read("-r loop.txt", files).scope, Scope::kText);
  EXPECT_EQ(Read("-i https://example.org -r local.txt", files).scope, Scope::kCode);
}

TEST(RequirementsScopeTest, AnArchiveOutsideTheCodeIsToldFromAnotherInItsPlace) {
  const auto read = [](const std::string& text, const std::string& version) {
    return Read(text, {{"/srv/six-1.whl", version}, {"/srv/pkg", version}});
  };
  for (const std::string text :
       {"/srv/six-1.whl", "file:///srv/six-1.whl", "six @ file:///srv/six-1.whl --hash=a:b"}) {
    EXPECT_EQ(read(text, "1").scope, Scope::kText) << text;
    EXPECT_NE(read(text, "1").included, read(text, "2").included) << text;
  }
  for (const std::string text : {"/srv/pkg", "/srv/other.whl", "/srv/../srv/six-1.whl"})
    EXPECT_EQ(read(text, "1").scope, Scope::kAttempt) << text;
}

}  // namespace
}  // namespace orrery::jobs::local
