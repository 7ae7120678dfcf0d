#include "base/config.h"

#include <boost/describe/class.hpp>
#include <gmock/gmock.h>
#include <stdlib.h>

namespace orrery {
namespace {

struct Settings {
  std::string data = "here";
  int64_t workers = 8;
  std::vector<std::string> host_names;
};
BOOST_DESCRIBE_STRUCT(Settings, (), (data, workers, host_names))

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "configXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { files_.RemoveAll(root_); }
  std::string Write(const std::string& text) {
    files_.WriteDurably(root_ + "/orrery.yaml", text);
    return root_ + "/orrery.yaml";
  }
  std::string FaultOf(const std::optional<std::string>& path, const Environment& environment) {
    try {
      LoadConfig<Settings>(files_, path, environment);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  PosixFileSystem files_;
  std::string root_;
};

TEST_F(ConfigTest, VariablesWinOverTheFileAndTheFileOverDefaults) {
  const std::string path = Write("workers: 3\ndata: file\n");
  const Settings settings = LoadConfig<Settings>(
      files_, path, {{"ORRERY_DATA", "007"}, {"ORRERY_HOST_NAMES", "[a, b]"}, {"HOME", "x"}});
  EXPECT_EQ(settings.data, "007");
  EXPECT_EQ(settings.workers, 3);
  EXPECT_THAT(settings.host_names, testing::ElementsAre("a", "b"));
  EXPECT_EQ(LoadConfig<Settings>(files_, std::nullopt, {}).workers, 8);
  EXPECT_EQ(LoadConfig<Settings>(files_, Write(""), {}).workers, 8);
}

TEST_F(ConfigTest, FaultsNameFileAndField) {
  EXPECT_THAT(FaultOf(Write("wrokers: 3"), {}), testing::HasSubstr("wrokers: no such field"));
  EXPECT_THAT(FaultOf(Write("workers: [1"), {}), testing::HasSubstr(root_ + "/orrery.yaml: not valid YAML"));
  EXPECT_THAT(FaultOf(Write("workers: 1\nworkers: 2"), {}), testing::HasSubstr("workers: is given twice"));
  EXPECT_THAT(FaultOf(std::nullopt, {{"ORRERY_WORKERS", "many"}}),
              testing::HasSubstr("workers: expected an integer"));
  EXPECT_THAT(FaultOf(root_ + "/none.yaml", {}), testing::HasSubstr("none.yaml"));
}

TEST_F(ConfigTest, YamlIsBounded) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string former(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + std::string(1, c) + " [*" + former + ", *" + former + ", *" + former +
            ", *" + former + ", *" + former + ", *" + former + ", *" + former + ", *" + former + "]\n";
  }
  EXPECT_THROW(ParseYaml(bomb, {.most_nodes = 10'000}), Error);
  EXPECT_THROW(ParseYaml("!!python/object:os.system x"), Error);
  EXPECT_THROW(ParseYaml(std::string(100, '[')), Error);
  EXPECT_EQ(ParseYaml("a: 1\nb: 'x'\nc: [true, ~, 1.5]\n"),
            ParseJson(R"({"a":1,"b":"x","c":[true,null,1.5]})"));
  EXPECT_EQ(ParseYaml("a: 0.10\n", {.text_fields = {"a"}}), ParseJson(R"({"a":"0.10"})"));
  EXPECT_EQ(ParseYaml("a: 1\nb: [{a: 1, b: 1}, {a: [2]}]\n", {.text_fields = {"b[].a"}}),
            ParseJson(R"({"a":1,"b":[{"a":"1","b":1},{"a":["2"]}]})"));
}

}  // namespace
}  // namespace orrery
