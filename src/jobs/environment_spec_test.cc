#include "jobs/environment_spec.h"

#include <gmock/gmock.h>

#include "base/code_of.h"

namespace orrery::jobs {
namespace {

using testing::HasSubstr;

Error Refusal(const EnvironmentSpec& spec) {
  return ErrorOf([&] { ValidateEnvironment(spec); });
}

TEST(EnvironmentSpecTest, IsExactlyOneKind) {
  EXPECT_EQ(Refusal({}).field(), "environment");
  const Error several = Refusal({.requirements = "numpy", .lock = "numpy==2 --hash=sha256:00"});
  EXPECT_EQ(several.field(), "environment");
  EXPECT_THAT(several.what(), HasSubstr("got 2"));
  const ChosenEnvironment chosen = Chosen({.requirements = "numpy"});
  EXPECT_EQ(chosen.field, "requirements");
  EXPECT_EQ(SpecOf(chosen), EnvironmentSpec{.requirements = "numpy"});
}

TEST(EnvironmentSpecTest, RefusesAnEmptyText) {
  EXPECT_EQ(Refusal({.requirements = ""}).field(), "environment.requirements");
  EXPECT_EQ(Refusal({.lock = " \n\t\r\n"}).field(), "environment.lock");
  ValidateEnvironment({.requirements = "# nothing but Python\n"});
}

TEST(EnvironmentSpecTest, ALockHasAHashForEveryPackage) {
  ValidateEnvironment({.lock = "# by pip-compile\n--index-url https://pypi.org/simple\n"
                               "numpy==2.0.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\n"
                               "six==1.16.0 --hash=sha256:cc  # via numpy\n"});
  const Error refusal =
      Refusal({.lock = "six==1.16.0 --hash=sha256:cc\nnumpy==2.0.0 \\\n  ; python_version > '3'\n"});
  EXPECT_EQ(refusal.field(), "environment.lock");
  EXPECT_THAT(refusal.what(), HasSubstr("numpy==2.0.0"));
}

TEST(EnvironmentSpecTest, CondaTakesEnvironmentFilesAndExactLists) {
  ValidateEnvironment({.conda = "dependencies: [python]\n"});
  ValidateEnvironment({.conda = "@EXPLICIT\nhttps://example.org/a.conda\n"});
  const Error refusal = Refusal({.conda = "numpy==2\n"});
  EXPECT_EQ(refusal.field(), "environment.conda");
  EXPECT_THAT(refusal.what(), HasSubstr("\"numpy==2\""));
}

TEST(EnvironmentSpecTest, AnImageIsNamedWithItsRegistry) {
  ValidateEnvironment({.image = "docker.io/library/python:3.11"});
  const Error refusal = Refusal({.image = "python:3.11"});
  EXPECT_EQ(refusal.field(), "environment.image");
  EXPECT_THAT(refusal.what(), HasSubstr("\"python:3.11\""));
}

}  // namespace
}  // namespace orrery::jobs
