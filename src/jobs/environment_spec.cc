#include "jobs/environment_spec.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "jobs/conda_text.h"
#include "jobs/image_reference.h"
#include "jobs/requirement_lines.h"

namespace orrery::jobs {
namespace {

/// The one list of kinds.
constexpr std::pair<std::string_view, std::optional<std::string> EnvironmentSpec::*> kKinds[] = {
    {"requirements", &EnvironmentSpec::requirements},
    {"lock", &EnvironmentSpec::lock},
    {"conda", &EnvironmentSpec::conda},
    {"image", &EnvironmentSpec::image},
};

std::string FieldOf(std::string_view kind) {
  return "environment." + std::string(kind);
}

/// One without a hash would be refused by pip too, but only once the job has waited for its turn.
void CheckLock(const std::string& text) {
  for (const std::string& line : RequirementLines(text)) {
    if (line.starts_with('-') || line.find("--hash=") != std::string::npos) continue;
    throw InvalidField(FieldOf("lock"),
                       "every package needs a hash, as `pip-compile --generate-hashes` or `uv pip compile "
                       "--generate-hashes` writes it; this one has none: " +
                           Quoted(line));
  }
}

void CheckConda(const std::string& text) {
  if (IsExplicit(text) || ("\n" + text).find("\ndependencies:") != std::string::npos) return;
  throw InvalidField(FieldOf("conda"),
                     "expected the text of an environment.yml, which has `dependencies:`, or a list of exact "
                     "packages, which has a line @EXPLICIT; got one that begins with " +
                         Quoted(text.substr(0, text.find('\n'))));
}

}  // namespace

ChosenEnvironment Chosen(const EnvironmentSpec& spec) {
  ChosenEnvironment chosen;
  std::string names;
  int given = 0;
  for (const auto& [field, member] : kKinds) {
    names += (names.empty() ? "" : ", ") + std::string(field);
    if (!(spec.*member)) continue;
    chosen = {field, *(spec.*member)};
    ++given;
  }
  if (given != 1) {
    throw InvalidField("environment",
                       "expected exactly one of " + names + ", got " + std::to_string(given) + " of them");
  }
  return chosen;
}

EnvironmentSpec SpecOf(const ChosenEnvironment& chosen) {
  EnvironmentSpec spec;
  for (const auto& [field, member] : kKinds) {
    if (field == chosen.field) spec.*member = chosen.text;
  }
  return spec;
}

void ValidateEnvironment(const EnvironmentSpec& spec) {
  const ChosenEnvironment chosen = Chosen(spec);
  if (chosen.text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw InvalidField(FieldOf(chosen.field), "must not be empty: leave it out when nothing is needed");
  }
  if (spec.lock) CheckLock(*spec.lock);
  if (spec.conda) CheckConda(*spec.conda);
  if (spec.image && !ParseImageReference(*spec.image)) {
    throw InvalidField(
        FieldOf("image"),
        "expected an image with its registry, such as docker.io/library/python:3.11 or, built on "
        "the server's machine, localhost/mine:1, by tag or @sha256:DIGEST; got " +
            Quoted(*spec.image));
  }
}

}  // namespace orrery::jobs
