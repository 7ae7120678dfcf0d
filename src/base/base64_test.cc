#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace orrery {
namespace {

TEST(Base64, WritesAndReadsTheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(DecodeBase64(text), bytes);
  }
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Z===", "====", "Zm 9v", " Zm9", "Zm9v\n", "Zm9v====", "Zm-v"}) {
    EXPECT_FALSE(DecodeBase64(text)) << text;
  }
}

TEST(Base64Url, IsThatOfTheStandard) {
  EXPECT_EQ(EncodeBase64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64Url("fo"), "Zm8");
  EXPECT_EQ(EncodeBase64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(DecodeBase64Url("Zm8"), "fo");
  EXPECT_EQ(DecodeBase64Url("Zm9"), std::nullopt) << "bits that no byte has";
  for (const char* text : {"Zm8=", "+_8", "Z", "Zm 8"}) EXPECT_FALSE(DecodeBase64Url(text)) << text;
}

TEST(HmacSha256, IsThatOfRfc4231) {
  EXPECT_EQ(EncodeBase64(HmacSha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

}  // namespace
}  // namespace orrery
