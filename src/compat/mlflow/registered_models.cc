#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/registry_requests.h"

namespace orrery::compat::mlflow {
namespace {

struct CreateRequest {
  static constexpr std::string_view kRequired[] = {"name"};
  std::string name;
  std::vector<PairRequest> tags;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(CreateRequest, (), (name, tags, description))

struct UpdateRequest {
  static constexpr std::string_view kRequired[] = {"name"};
  std::string name;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(UpdateRequest, (), (name, description))

struct RenameRequest {
  static constexpr std::string_view kRequired[] = {"name", "new_name"};
  std::string name;
  std::string new_name;
};
BOOST_DESCRIBE_STRUCT(RenameRequest, (), (name, new_name))

struct LatestRequest {
  static constexpr std::string_view kRequired[] = {"name"};
  std::string name;
  std::vector<std::string> stages;
};
BOOST_DESCRIBE_STRUCT(LatestRequest, (), (name, stages))

struct TagRequest {
  static constexpr std::string_view kRequired[] = {"name", "key"};
  std::string name;
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(TagRequest, (), (name, key, value))

struct AliasRequest {
  static constexpr std::string_view kRequired[] = {"name", "alias"};
  std::string name;
  std::string alias;
};
BOOST_DESCRIBE_STRUCT(AliasRequest, (), (name, alias))

struct SetAliasRequest {
  static constexpr std::string_view kRequired[] = {"name", "alias", "version"};
  std::string name;
  std::string alias;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(SetAliasRequest, (), (name, alias, version))

http::Response AnswerModel(const models::RegisteredModel& model) {
  return Answer("registered_model", [&](JsonWriter& out) { WriteRegisteredModel(out, model); });
}

}  // namespace

http::Response CreateRegisteredModel(const Services& services, http::Request& request) {
  auto asked = ReadRequest<CreateRequest>(request);
  return AnswerModel(services.models.Create({.name = std::move(asked.name),
                                             .description = std::move(asked.description),
                                             .tags = Pairs<models::Tag>(std::move(asked.tags))},
                                            request.actor()));
}

http::Response GetRegisteredModel(const Services& services, http::Request& request) {
  return AnswerModel(services.models.Get(ReadRequest<ModelNameRequest>(request).name));
}

http::Response UpdateRegisteredModel(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<UpdateRequest>(request);
  return AnswerModel(services.models.Describe(asked.name, asked.description));
}

http::Response RenameRegisteredModel(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<RenameRequest>(request);
  return AnswerModel(services.models.Rename(asked.name, asked.new_name, request.actor()));
}

http::Response DeleteRegisteredModel(const Services& services, http::Request& request) {
  services.models.Delete(ReadRequest<ModelNameRequest>(request).name, request.actor());
  return EmptyAnswer();
}

http::Response SearchRegisteredModels(const Services& services, http::Request& request) {
  constexpr int64_t kDefaultResults = 100;
  const auto page = services.models.Search(ToSearch(ReadRequest<ListRequest>(request), kDefaultResults));
  return AnswerPage("registered_models", page.items, page.next_page_token.value_or(""), WriteRegisteredModel);
}

http::Response GetLatestVersions(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<LatestRequest>(request);
  std::vector<models::Stage> stages;
  for (const std::string& stage : asked.stages) stages.push_back(StageNamed(stage));
  return AnswerPage("model_versions", services.models.LatestVersions(asked.name, stages), {},
                    WriteModelVersion);
}

http::Response SetRegisteredModelTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TagRequest>(request);
  services.models.SetTag(asked.name, {asked.key, asked.value});
  return EmptyAnswer();
}

http::Response DeleteRegisteredModelTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TagRequest>(request);
  services.models.DeleteTag(asked.name, asked.key);
  return EmptyAnswer();
}

http::Response SetAlias(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<SetAliasRequest>(request);
  services.models.SetAlias(asked.name, asked.alias, VersionNumber(asked.version), request.actor());
  return EmptyAnswer();
}

http::Response DeleteAlias(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<AliasRequest>(request);
  services.models.DeleteAlias(asked.name, asked.alias, request.actor());
  return EmptyAnswer();
}

http::Response GetVersionByAlias(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<AliasRequest>(request);
  const auto version = services.models.FindByAlias(asked.name, asked.alias);
  // MLflow's server calls this an invalid parameter, and its clients branch on that.
  if (!version) throw InvalidField("alias", "Registered model alias " + asked.alias + " not found.");
  return Answer("model_version", [&](JsonWriter& out) { WriteModelVersion(out, *version); });
}

}  // namespace orrery::compat::mlflow
