#include "cli/job_options.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "base/error.h"

namespace orrery::cli {
namespace {

TEST(Sizes, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(ParseSize("512", "--memory"), 512);
  EXPECT_EQ(ParseSize("512MiB", "--memory"), 512LL << 20);
  EXPECT_EQ(ParseSize("2 GiB", "--memory"), 2LL << 30);
  EXPECT_EQ(ParseSize("4Gi", "--memory"), 4LL << 30);
  EXPECT_EQ(ParseSize("1.5g", "--memory"), 3LL << 29);
  EXPECT_EQ(ParseSize("1tb", "--memory"), 1LL << 40);
}

TEST(Sizes, RefuseWhatIsNone) {
  for (const char* text :
       {"", "lots", "-1", "0", "1e300", "nan", "inf", "2 gigs", "2GiB more", "G", "99999999TiB"}) {
    try {
      ParseSize(text, "--memory");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kInvalidArgument);
      EXPECT_EQ(error.field(), "--memory");
      EXPECT_THAT(error.what(), testing::HasSubstr(text));
    }
  }
}

TEST(JobOptions, WhatARequirementsFileIncludesIsFoundBesideIt) {
  std::string folder = (std::filesystem::temp_directory_path() / "options.XXXXXX").string();
  ASSERT_TRUE(mkdtemp(folder.data()));
  std::filesystem::create_directory(folder + "/deep");
  std::ofstream(folder + "/deep/dev.txt") << "-r base.txt\nsix\n";
  PosixFileSystem files;
  JobOptions options;
  options.requirements = folder + "/deep/dev.txt";
  options.words = {"--", "true"};
  EXPECT_EQ(SubmissionOf(options, files, folder).jobs.at(0).environment->requirements,
            "-r deep/base.txt\nsix\n");
  EXPECT_EQ(SubmissionOf(options, files, "/elsewhere").jobs.at(0).environment->requirements,
            "-r base.txt\nsix\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orrery::cli
