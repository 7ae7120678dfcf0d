#include <charconv>

#include "compat/mlflow/answers.h"
#include "compat/mlflow/calls.h"
#include "compat/mlflow/registry_requests.h"

namespace orrery::compat::mlflow {
namespace {

struct CreateRequest {
  static constexpr std::string_view kRequired[] = {"name", "source"};
  std::string name;
  std::string source;
  std::optional<std::string> run_id;
  std::vector<PairRequest> tags;
  std::optional<std::string> run_link;
  std::string description;
  std::optional<std::string> model_id;
};
BOOST_DESCRIBE_STRUCT(CreateRequest, (), (name, source, run_id, tags, run_link, description, model_id))

struct VersionRequest {
  static constexpr std::string_view kRequired[] = {"name", "version"};
  std::string name;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(VersionRequest, (), (name, version))

struct UpdateRequest {
  static constexpr std::string_view kRequired[] = {"name", "version"};
  std::string name;
  std::string version;
  std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(UpdateRequest, (), (name, version, description))

struct TransitionRequest {
  static constexpr std::string_view kRequired[] = {"name", "version", "stage"};
  std::string name;
  std::string version;
  std::string stage;
  bool archive_existing_versions = false;
};
BOOST_DESCRIBE_STRUCT(TransitionRequest, (), (name, version, stage, archive_existing_versions))

struct TagRequest {
  static constexpr std::string_view kRequired[] = {"name", "version", "key"};
  std::string name;
  std::string version;
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(TagRequest, (), (name, version, key, value))

http::Response AnswerVersion(const models::ModelVersion& version) {
  return Answer("model_version", [&](JsonWriter& out) { WriteModelVersion(out, version); });
}

std::optional<std::string> Given(std::optional<std::string> text) {
  return text && !text->empty() ? text : std::nullopt;
}

}  // namespace

int64_t VersionNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || number < 1) {
    throw InvalidField("version", "Parameter 'version' must be an integer from 1 up, got " + Quoted(text));
  }
  return number;
}

models::Stage StageNamed(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  const auto stage = EnumFromName<models::Stage>(upper);
  if (!stage) {
    throw InvalidField("stage", "Invalid Model Version stage: " + Quoted(text) +
                                    ". Value must be one of None, Staging, Production, Archived.");
  }
  return *stage;
}

http::Response CreateModelVersion(const Services& services, http::Request& request) {
  auto asked = ReadRequest<CreateRequest>(request);
  return AnswerVersion(services.models.CreateVersion({.name = std::move(asked.name),
                                                      .source = std::move(asked.source),
                                                      .run_id = Given(std::move(asked.run_id)),
                                                      .model_id = Given(std::move(asked.model_id)),
                                                      .run_link = Given(std::move(asked.run_link)),
                                                      .description = std::move(asked.description),
                                                      .tags = Pairs<models::Tag>(std::move(asked.tags))},
                                                     request.actor()));
}

http::Response GetModelVersion(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<VersionRequest>(request);
  return AnswerVersion(services.models.GetVersion(asked.name, VersionNumber(asked.version)));
}

http::Response UpdateModelVersion(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<UpdateRequest>(request);
  return AnswerVersion(
      services.models.DescribeVersion(asked.name, VersionNumber(asked.version), asked.description));
}

http::Response DeleteModelVersion(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<VersionRequest>(request);
  services.models.DeleteVersion(asked.name, VersionNumber(asked.version), request.actor());
  return EmptyAnswer();
}

http::Response TransitionStage(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TransitionRequest>(request);
  return AnswerVersion(services.models.Transition(asked.name, VersionNumber(asked.version),
                                                  StageNamed(asked.stage), asked.archive_existing_versions,
                                                  request.actor()));
}

http::Response SearchModelVersions(const Services& services, http::Request& request) {
  constexpr int64_t kDefaultResults = 200'000;
  const auto page =
      services.models.SearchVersions(ToSearch(ReadRequest<ListRequest>(request), kDefaultResults));
  return AnswerPage("model_versions", page.items, page.next_page_token.value_or(""), WriteModelVersion);
}

http::Response GetDownloadUri(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<VersionRequest>(request);
  const auto version = services.models.GetVersion(asked.name, VersionNumber(asked.version));
  return Answer("artifact_uri", [&](JsonWriter& out) { out.String(version.location); });
}

http::Response SetVersionTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TagRequest>(request);
  services.models.SetVersionTag(asked.name, VersionNumber(asked.version), {asked.key, asked.value});
  return EmptyAnswer();
}

http::Response DeleteVersionTag(const Services& services, http::Request& request) {
  const auto asked = ReadRequest<TagRequest>(request);
  services.models.DeleteVersionTag(asked.name, VersionNumber(asked.version), asked.key);
  return EmptyAnswer();
}

}  // namespace orrery::compat::mlflow
