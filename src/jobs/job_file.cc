#include "jobs/job_file.h"

#include "base/json.h"
#include "base/yaml.h"

namespace orrery::jobs {

JobSpec ParseJobFile(std::string_view text) {
  return ReadJson<JobSpec>(
      ParseYaml(text, {.most_bytes = kMostJobFileBytes, .text_fields = {"params", "env", "command"}}));
}

}  // namespace orrery::jobs
