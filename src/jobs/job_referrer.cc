#include "jobs/job_referrer.h"

#include "jobs/job_words.h"

namespace orrery::jobs {

std::optional<std::string> JobReferrer::OfRun(sql::Reader& reader, const tracking::RunId& run) const {
  std::optional<std::string> by;
  reader.Visit(
      "SELECT id, name FROM jobs WHERE run_id = ?",
      [&](const sql::Row& row) { by = JobWords(std::string(row.Bytes(0)), std::string(row.Bytes(1))); }, run);
  return by;
}

std::optional<std::string> JobReferrer::OfLoggedModel(sql::Reader& /*reader*/,
                                                      const tracking::LoggedModelId& /*model*/) const {
  return std::nullopt;
}

}  // namespace orrery::jobs
