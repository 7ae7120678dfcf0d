#include "jobs/job_file.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/yaml.h"
#include "jobs/types.h"

namespace orrery::jobs {
namespace {

constexpr std::string_view kList = "jobs";
constexpr std::string_view kArray = "array";

/// Reads the jobs of a file that lists them.
std::vector<JobSpec> ReadList(const json::value& file) {
  for (const auto& [field, value] : file.get_object()) {
    if (field != kList) {
      throw InvalidField(std::string_view(field),
                         "stands beside jobs: where several are listed, each has fields of its own");
    }
  }
  return ReadJson<BatchSpec>(file).jobs;
}

/// Takes the array out of the fields that are otherwise those of a spec.
std::optional<std::string> TakeArray(json::value& file) {
  json::object* fields = file.if_object();
  const json::value* given = fields == nullptr ? nullptr : fields->if_contains(kArray);
  if (given == nullptr) return std::nullopt;
  auto array = ReadJson<std::string>(*given, std::string(kArray));
  fields->erase(kArray);
  return array;
}

}  // namespace

JobFile ParseJobFile(std::string_view text) {
  json::value file = ParseYaml(text, {.most_bytes = kMostJobFileBytes,
                                      .text_fields = {"params", "env", "command", kArray, "jobs[].params",
                                                      "jobs[].env", "jobs[].command"}});
  if (file.is_object() && file.get_object().contains(kList))
    return {.jobs = ReadList(file), .is_list = true, .array = std::nullopt};
  auto array = TakeArray(file);
  return {.jobs = {ReadJson<JobSpec>(file)}, .is_list = false, .array = std::move(array)};
}

}  // namespace orrery::jobs
