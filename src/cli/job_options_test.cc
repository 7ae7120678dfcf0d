#include "cli/job_options.h"

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

}  // namespace
}  // namespace orrery::cli
