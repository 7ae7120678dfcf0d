#include "compat/mlflow/text.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery::compat::mlflow {
namespace {

TEST(TextTest, CutsByCharactersAndNeverThroughOne) {
  EXPECT_EQ(CutCharacters("abc", 3), "abc");
  EXPECT_EQ(CutCharacters("abcd", 3), "abc");
  EXPECT_EQ(CutCharacters("ΩΩΩ", 2), "ΩΩ");
  EXPECT_EQ(CutCharacters("a🪐b", 2), "a🪐");
  EXPECT_EQ(CutCharacters("ΩΩ", 3), "ΩΩ");
  EXPECT_EQ(CountCharacters("aΩ🪐"), 3u);
}

TEST(TextTest, ALimitIsInCharacters) {
  CheckLength("name", "ΩΩΩ", 3);
  EXPECT_THROW(CheckLength("name", "ΩΩΩΩ", 3), Error);
}

}  // namespace
}  // namespace orrery::compat::mlflow
