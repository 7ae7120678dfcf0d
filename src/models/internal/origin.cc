#include "models/internal/origin.h"

#include <algorithm>

#include "base/error.h"
#include "models/source.h"

namespace orrery::models {
namespace {

// What prompts, which have no files, name as their source.
constexpr std::string_view kPromptSources[] = {"dummy-source", "prompt-template"};

[[noreturn]] void RefuseUnowned(const std::string& source, std::string_view field) {
  throw InvalidField("source", "not a source of this version: " + std::string(field) +
                                   " must name the resource that holds it, got " + Quoted(source));
}

std::optional<std::string> NonEmpty(const std::optional<std::string>& text) {
  return text && !text->empty() ? text : std::nullopt;
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  if (text.empty() || text.size() > 18 ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return std::stoll(std::string(text));
}

ModelVersion Resolve(Registry& registry, const Source& source) {
  if (!source.alias.empty()) {
    auto version = registry.FindByAlias(source.id, source.alias);
    if (!version) throw InvalidField("source", "the model has no such alias: " + Quoted(source.alias));
    return *std::move(version);
  }
  if (const auto number = ParseNumber(source.reference)) return registry.GetVersion(source.id, *number);
  std::string stage = source.reference;
  for (char& c : stage) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  std::vector<Stage> stages;
  if (const auto known = EnumFromName<Stage>(stage)) {
    stages.push_back(*known);
  } else if (stage != "LATEST") {
    throw InvalidField("source", "a version is named by its number, a stage, \"latest\" or @alias, got " +
                                     Quoted(source.reference));
  }
  auto versions = registry.LatestVersions(source.id, stages);
  if (versions.empty()) {
    throw Error(Code::kNotFound, "the model has no version of that stage: " + Quoted(source.reference),
                "source");
  }
  return versions.back();
}

// A version made from another one carries that one's run and logged model, and may not claim others.
CheckedOrigin FromVersion(const NewVersion& version, const Source& source, Registry& registry) {
  const ModelVersion from = Resolve(registry, source);
  const auto differs = [](const std::optional<std::string>& asked, const std::optional<std::string>& real) {
    return asked && asked->empty() == false && *asked != real.value_or("");
  };
  if (differs(version.run_id, from.run_id)) RefuseUnowned(version.source, "run_id");
  if (differs(version.model_id, from.model_id)) RefuseUnowned(version.source, "model_id");
  return {.source = "models:/" + from.name + "/" + std::to_string(from.version),
          .location = from.location,
          .run_id = from.run_id,
          .model_id = from.model_id};
}

CheckedOrigin FromArtifacts(const NewVersion& version, Lineage& lineage) {
  CheckedOrigin out{.source = version.source,
                    .location = version.source,
                    .run_id = NonEmpty(version.run_id),
                    .model_id = NonEmpty(version.model_id)};
  const std::string_view owner = out.model_id ? "model_id" : "run_id";
  std::optional<Origin> origin;
  if (out.model_id) {
    origin = lineage.OfLoggedModel(*out.model_id);
  } else if (out.run_id) {
    origin = lineage.OfRun(*out.run_id);
  }
  if (!origin || !IsWithin(version.source, origin->artifact_root)) RefuseUnowned(version.source, owner);
  if (!out.run_id) out.run_id = origin->run_id;
  return out;
}

}  // namespace

CheckedOrigin CheckOrigin(const NewVersion& version, bool is_prompt, Registry& registry, Lineage& lineage) {
  if (is_prompt) {
    if (std::find(std::begin(kPromptSources), std::end(kPromptSources), version.source) ==
        std::end(kPromptSources)) {
      throw InvalidField(
          "source", "a prompt's source is the placeholder \"dummy-source\", got " + Quoted(version.source));
    }
    return {.source = version.source, .location = version.source};
  }
  const Source source = Source::Parse(version.source);
  switch (source.kind) {
    case Source::Kind::kRun: {
      // Whether there is such a run does not matter: one that is not there has no files.
      if (NonEmpty(version.model_id) || version.run_id != source.id) {
        RefuseUnowned(version.source, "run_id");
      }
      return {.source = version.source, .location = version.source, .run_id = source.id};
    }
    case Source::Kind::kLoggedModel: {
      const auto model = lineage.OfLoggedModel(source.id);
      if (version.model_id != source.id || !model) RefuseUnowned(version.source, "model_id");
      const auto run = NonEmpty(version.run_id);
      return {.source = version.source,
              .location = model->artifact_root,
              .run_id = run ? run : model->run_id,
              .model_id = source.id};
    }
    case Source::Kind::kVersion:
      return FromVersion(version, source, registry);
    case Source::Kind::kArtifacts:
      return FromArtifacts(version, lineage);
  }
  RefuseUnowned(version.source, "run_id");
}

}  // namespace orrery::models
