#include "models/source.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery::models {
namespace {

TEST(SourceTest, ReadsWhatCanBeASource) {
  EXPECT_EQ(Source::Parse("runs:/abc/model/x").path, "model/x");
  EXPECT_EQ(Source::Parse("runs:/abc/model/").path, "model");
  EXPECT_EQ(Source::Parse("models:/m-12").kind, Source::Kind::kLoggedModel);
  EXPECT_EQ(Source::Parse("models:/flights/3").reference, "3");
  EXPECT_EQ(Source::Parse("models:/flights@best").alias, "best");
  EXPECT_EQ(Source::Parse("mlflow-artifacts:/0/r/artifacts/m").path, "0/r/artifacts/m");
}

TEST(SourceTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "file:///etc",
                           "FILE:///etc",
                           "file://localhost/etc",
                           "/etc",
                           "//proc/self/root",
                           "../../etc",
                           "file:///etc/#",
                           "mlflow-artifacts:/../../etc",
                           "mlflow-artifacts:/E/R/artifacts/..%2f..%2fetc",
                           "http://h/api/2.0/mlflow-artifacts/artifacts/%2e%2e/x",
                           "s3://b/a/../../x",
                           "runs:/R/../../x",
                           "http://169.254.169.254/latest",
                           "ftp://h/x",
                           "hdfs://h/x",
                           "dbfs:/etc",
                           "javascript:alert(1)",
                           "mlflow-artifacts://host/0/r",
                           "runs://host/r/x",
                           "models://host/m-1",
                           "runs:/R",
                           "runs:/R/%252e%252e/x",
                           "runs:/R/a\\b",
                           "runs:/R/a%5cb",
                           "runs:/R/a%00b",
                           "runs:/R/a#b",
                           "runs:/R/a?b",
                           "runs:/R//x",
                           "models:/name",
                           "models:/a/b/c",
                           "models:/@x",
                           "models:/a@",
                           "RUNS:/R/x",
                           "mlflow-artifacts:/a/%25252525252525252525252e%25252525252525252525252e/b"}) {
    EXPECT_THROW(Source::Parse(text), Error) << text;
  }
  EXPECT_THROW(Source::Parse("runs:/R/" + std::string(5000, 'a')), Error);
}

TEST(SourceTest, ARootDoesNotHoldItsNamesakes) {
  EXPECT_TRUE(IsWithin("mlflow-artifacts:/0/r/artifacts/m", "mlflow-artifacts:/0/r/artifacts"));
  EXPECT_TRUE(IsWithin("mlflow-artifacts:/0/r/artifacts", "mlflow-artifacts:/0/r/artifacts/"));
  EXPECT_FALSE(IsWithin("mlflow-artifacts:/0/r/artifactsX", "mlflow-artifacts:/0/r/artifacts"));
}

}  // namespace
}  // namespace orrery::models
