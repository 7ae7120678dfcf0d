#include "models/models.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/code_of.h"
#include "base/fake_clock.h"
#include "models/fake_lineage.h"
#include "sql/test_database.h"

namespace orrery::models {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Actor kMe{"me"};

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    lineage_.runs["r1"] = {.artifact_root = "mlflow-artifacts:/0/r1/artifacts", .run_id = "r1"};
    lineage_.logged_models["m-1"] = {.artifact_root = "mlflow-artifacts:/0/models/m-1/artifacts",
                                     .run_id = "r1"};
  }

  ModelVersion Add(const std::string& name) {
    return registry_.CreateVersion({.name = name, .source = "models:/m-1", .model_id = "m-1"}, kMe);
  }
  static std::vector<int64_t> Numbers(const std::vector<ModelVersion>& versions) {
    std::vector<int64_t> out;
    for (const auto& version : versions) out.push_back(version.version);
    return out;
  }

  sql::TestDatabase database_{events::EventLog::Migrations(), Registry::Migrations()};
  FakeClock clock_;
  events::EventLog events_{*database_, clock_};
  FakeLineage lineage_;
  Registry registry_{*database_, events_, clock_, lineage_};
};

TEST_F(RegistryTest, ClearForgetsModelsWithAllThatIsTheirs) {
  registry_.Create({.name = "flights", .tags = {{"k", "1"}}}, kMe);
  Add("flights");
  registry_.SetAlias("flights", "best", 1, kMe);
  registry_.SetVersionTag("flights", 1, {"k", "1"});
  database_->Write([](sql::Writer& writer) { Registry::Clear(writer); });
  EXPECT_THAT(registry_.Search({}).items, IsEmpty());
  EXPECT_THAT(registry_.SearchVersions({}).items, IsEmpty());
  registry_.Create({.name = "flights"}, kMe);
  EXPECT_THAT(registry_.Get("flights").tags, IsEmpty());
  EXPECT_EQ(Add("flights").version, 1);
  EXPECT_FALSE(registry_.FindByAlias("flights", "best"));
}

TEST_F(RegistryTest, NamesAreUniqueAndPlain) {
  EXPECT_EQ(
      registry_.Create({.name = "flights", .description = "d", .tags = {{"k", "1"}, {"k", "2"}}}, kMe).tags,
      (std::vector<Tag>{{"k", "2"}}));
  EXPECT_EQ(CodeOf([&] { registry_.Create({.name = "flights"}, kMe); }), Code::kAlreadyExists);
  const std::vector<Tag> prompt = {{"mlflow.prompt.is_prompt", "true"}};
  const auto refusal = [&](const std::string& name, const std::vector<Tag>& tags) {
    try {
      registry_.Create({.name = name, .tags = tags}, kMe);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("created");
  };
  EXPECT_EQ(refusal("flights", {}), "Registered Model (name=flights) already exists.");
  EXPECT_EQ(refusal("ask", prompt), "created");
  EXPECT_EQ(refusal("ask", prompt), "Prompt (name=ask) already exists.");
  EXPECT_THAT(refusal("ask", {}), testing::HasSubstr("already taken by a prompt"));
  EXPECT_THAT(refusal("flights", prompt), testing::HasSubstr("already taken by a registered model"));
  for (const char* name : {"", "  ", "a/b", "a:b", "..", "."}) {
    EXPECT_EQ(CodeOf([&] { registry_.Create({.name = name}, kMe); }), Code::kInvalidArgument) << name;
  }
  EXPECT_EQ(CodeOf([&] { registry_.Get("none"); }), Code::kNotFound);
}

TEST_F(RegistryTest, VersionNumbersHaveNoGapUnderConcurrency) {
  registry_.Create({.name = "m"}, kMe);
  constexpr int kThreads = 8;
  constexpr int kEach = 4;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) Add("m");
    });
  }
  for (auto& thread : threads) thread.join();
  for (int64_t n = 1; n <= kThreads * kEach; ++n) EXPECT_EQ(registry_.GetVersion("m", n).version, n);
  EXPECT_EQ(CodeOf([&] { registry_.GetVersion("m", kThreads * kEach + 1); }), Code::kNotFound);
}

TEST_F(RegistryTest, ADeletedVersionsNumberIsNotGivenAgain) {
  registry_.Create({.name = "m"}, kMe);
  Add("m");
  registry_.SetAlias("m", "best", 1, kMe);
  registry_.DeleteVersion("m", 1, kMe);
  EXPECT_EQ(registry_.FindByAlias("m", "best"), std::nullopt);
  EXPECT_EQ(Add("m").version, 2);
}

TEST_F(RegistryTest, LatestVersionsAreTheNewestOfEachStage) {
  registry_.Create({.name = "m"}, kMe);
  for (int i = 0; i < 4; ++i) Add("m");
  registry_.Transition("m", 1, Stage::kProduction, false, kMe);
  registry_.Transition("m", 2, Stage::kProduction, false, kMe);
  EXPECT_THAT(Numbers(registry_.LatestVersions("m", {})), ElementsAre(2, 4));
  EXPECT_THAT(Numbers(registry_.LatestVersions("m", {Stage::kProduction})), ElementsAre(2));
  EXPECT_THAT(Numbers(registry_.LatestVersions("m", {Stage::kStaging})), IsEmpty());
  EXPECT_EQ(registry_.FindByAlias("m", "latest")->version, 4);
}

TEST_F(RegistryTest, ATransitionCanArchiveTheOthersOfItsStage) {
  registry_.Create({.name = "m"}, kMe);
  Add("m");
  Add("m");
  registry_.Transition("m", 1, Stage::kProduction, true, kMe);
  registry_.Transition("m", 2, Stage::kProduction, true, kMe);
  EXPECT_EQ(registry_.GetVersion("m", 1).stage, Stage::kArchived);
  EXPECT_EQ(CodeOf([&] { registry_.Transition("m", 1, Stage::kNone, true, kMe); }), Code::kInvalidArgument);
  const auto told = events_.After(0, {.subject = "model:m", .types = {"model_stage_changed"}}, 10);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].data.at("stage").as_string(), "PRODUCTION");
}

TEST_F(RegistryTest, ARenameTakesVersionsAliasesAndTagsAlong) {
  registry_.Create({.name = "m", .tags = {{"k", "v"}}}, kMe);
  Add("m");
  registry_.SetAlias("m", "best", 1, kMe);
  registry_.Create({.name = "taken"}, kMe);
  EXPECT_EQ(CodeOf([&] { registry_.Rename("m", "taken", kMe); }), Code::kAlreadyExists);
  registry_.Rename("m", "M", kMe);
  const RegisteredModel renamed = registry_.Get("M");
  EXPECT_EQ(renamed.aliases, (std::vector<Alias>{{"best", 1}}));
  EXPECT_EQ(renamed.tags, (std::vector<Tag>{{"k", "v"}}));
  EXPECT_EQ(registry_.GetVersion("M", 1).name, "M");
  EXPECT_EQ(CodeOf([&] { registry_.Get("m"); }), Code::kNotFound);
}

TEST_F(RegistryTest, AliasesMoveAndSomeNamesAreReserved) {
  registry_.Create({.name = "m"}, kMe);
  Add("m");
  Add("m");
  registry_.SetAlias("m", "champion", 1, kMe);
  registry_.SetAlias("m", "champion", 2, kMe);
  EXPECT_EQ(registry_.FindByAlias("m", "champion")->version, 2);
  EXPECT_THAT(registry_.GetVersion("m", 2).aliases, ElementsAre("champion"));
  for (const char* alias : {"latest", "Latest", "v1", "V22", "a b", "", "a/b"}) {
    EXPECT_EQ(CodeOf([&] { registry_.SetAlias("m", alias, 1, kMe); }), Code::kInvalidArgument) << alias;
  }
  EXPECT_EQ(CodeOf([&] { registry_.SetAlias("m", "x", 9, kMe); }), Code::kNotFound);
  registry_.DeleteAlias("m", "champion", kMe);
  registry_.DeleteAlias("m", "champion", kMe);
  EXPECT_EQ(registry_.FindByAlias("m", "champion"), std::nullopt);
}

TEST_F(RegistryTest, DeletingAModelLeavesNothingOfItBehind) {
  registry_.Create({.name = "m", .tags = {{"k", "v"}}}, kMe);
  Add("m");
  registry_.SetVersionTag("m", 1, {"k", "v"});
  registry_.SetAlias("m", "best", 1, kMe);
  registry_.Delete("m", kMe);
  for (const char* table : {"registered_models", "registered_model_tags", "model_versions",
                            "model_version_tags", "model_aliases"}) {
    EXPECT_EQ(database_->Read([&](sql::Reader& reader) {
      return *reader.First<int64_t>(std::string("SELECT COUNT(*) FROM ") + table);
    }),
              0)
        << table;
  }
  registry_.Create({.name = "m"}, kMe);
  EXPECT_EQ(Add("m").version, 1);
}

TEST_F(RegistryTest, ASourceMustBelongToWhatTheVersionNames) {
  registry_.Create({.name = "m"}, kMe);
  const auto add = [&](std::string source, std::optional<std::string> run, std::optional<std::string> model) {
    return registry_.CreateVersion(
        {.name = "m", .source = std::move(source), .run_id = run, .model_id = model}, kMe);
  };
  EXPECT_EQ(add("runs:/r1/model", "r1", {}).location, "runs:/r1/model");
  EXPECT_EQ(add("models:/m-1", {}, "m-1").location, "mlflow-artifacts:/0/models/m-1/artifacts");
  EXPECT_EQ(add("models:/m-1", {}, "m-1").run_id, "r1");
  EXPECT_EQ(lineage_.registered["m-1"], "m/3");
  EXPECT_EQ(add("mlflow-artifacts:/0/r1/artifacts/model", "r1", {}).run_id, "r1");
  EXPECT_EQ(add("models:/m/2", {}, {}).model_id, "m-1");
  EXPECT_EQ(add("models:/m/latest", {}, {}).source, "models:/m/5");
  const std::vector<std::tuple<std::string, std::optional<std::string>, std::optional<std::string>>> refused =
      {
          {"runs:/r1/model", "r2", {}},
          {"runs:/r1/model", {}, {}},
          {"models:/m-1", {}, {}},
          {"models:/m-9", {}, "m-9"},
          {"models:/m-1", {}, "m-2"},
          {"mlflow-artifacts:/0/r1x", "r1", {}},
          {"mlflow-artifacts:/0/r1/artifacts", {}, {}},
          {"models:/m/2", {}, "m-2"},
          {"dummy-source", {}, {}},
      };
  for (const auto& refusal : refused) {
    const auto& source = std::get<0>(refusal);
    const auto& run = std::get<1>(refusal);
    const auto& model = std::get<2>(refusal);
    EXPECT_EQ(CodeOf([&] { add(source, run, model); }), Code::kInvalidArgument) << source;
  }
  EXPECT_EQ(add("runs:/r9/model", "r9", {}).location, "runs:/r9/model") << "a run from elsewhere";
}

TEST_F(RegistryTest, APromptNamesAPlaceholderAndNothingElse) {
  registry_.Create({.name = "p"}, kMe);
  const std::vector<Tag> tags = {{"mlflow.prompt.is_prompt", "true"}};
  EXPECT_EQ(registry_.CreateVersion({.name = "p", .source = "prompt-template", .tags = tags}, kMe).version,
            1);
  EXPECT_EQ(
      CodeOf([&] { registry_.CreateVersion({.name = "p", .source = "file:///etc", .tags = tags}, kMe); }),
      Code::kInvalidArgument);
}

TEST_F(RegistryTest, SearchesModelsByNameAndTagInPages) {
  for (const char* name : {"b", "a", "c"}) registry_.Create({.name = name, .tags = {{"k", name}}}, kMe);
  registry_.Create({.name = "prompt", .tags = {{"mlflow.prompt.is_prompt", "true"}}}, kMe);
  const auto names = [&](const SearchRequest& request) {
    std::string out;
    SearchRequest next = request;
    while (true) {
      const auto page = registry_.Search(next);
      for (const auto& model : page.items) out += model.name + " ";
      if (!page.next_page_token) return out;
      next.page_token = *page.next_page_token;
      out += "| ";
    }
  };
  EXPECT_EQ(names({}), "a b c ");
  EXPECT_EQ(names({.max_results = 2}), "a b | c ");
  EXPECT_EQ(names({.max_results = 3}), "a b c ");
  EXPECT_EQ(names({.order_by = {"name DESC"}, .max_results = 1}), "c | b | a ");
  EXPECT_EQ(names({.filter = "tags.k = 'b'"}), "b ");
  EXPECT_EQ(names({.filter = "name ILIKE 'A%' AND tags.k != 'x'"}), "a ");
  EXPECT_EQ(names({.filter = "name IN ('a', 'c')"}), "a c ");
  EXPECT_EQ(names({.filter = "tags.`mlflow.prompt.is_prompt` = 'true'"}), "prompt ");
  EXPECT_EQ(names({.filter = "tags.`mlflow.prompt.is_prompt` != 'true'"}), "a b c ");
  EXPECT_EQ(names({.order_by = {"last_updated_timestamp DESC"}, .max_results = 2}), "a b | c ");
  for (const SearchRequest& bad : std::vector<SearchRequest>{{.filter = "color = 'red'"},
                                                             {.order_by = {"color"}},
                                                             {.order_by = {"tags.k"}},
                                                             {.max_results = 1001},
                                                             {.max_results = 0},
                                                             {.page_token = "no token"}}) {
    EXPECT_EQ(CodeOf([&] { registry_.Search(bad); }), Code::kInvalidArgument) << bad.filter;
  }
}

TEST_F(RegistryTest, SearchesVersionsNewestFirst) {
  registry_.Create({.name = "m"}, kMe);
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    Add("m");
  }
  registry_.CreateVersion({.name = "m", .source = "runs:/r1/x", .run_id = "r1", .tags = {{"k", "v"}}}, kMe);
  const auto numbers = [&](const SearchRequest& request) {
    return Numbers(registry_.SearchVersions(request).items);
  };
  EXPECT_THAT(numbers({}), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(numbers({.filter = "name = 'm' AND version_number > 2", .order_by = {"version_number ASC"}}),
              ElementsAre(3, 4));
  EXPECT_THAT(numbers({.filter = "run_id IN ('r1')", .max_results = 2}), ElementsAre(4, 3));
  EXPECT_THAT(numbers({.filter = "source_path = 'runs:/r1/x'"}), ElementsAre(4));
  EXPECT_THAT(numbers({.filter = "tags.k = 'v'"}), ElementsAre(4));
  EXPECT_THAT(numbers({.filter = "tags.k = 'v' AND name != 'm'"}), IsEmpty());
}

}  // namespace
}  // namespace orrery::models
