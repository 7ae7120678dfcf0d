#include "models/version_referrer.h"

namespace orrery::models {
namespace {

std::optional<std::string> Referring(sql::Reader& reader, const std::string& column, const std::string& id) {
  std::optional<std::string> by;
  reader.Visit(
      "SELECT m.name, v.version FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v." +
          column + " = ? ORDER BY m.name, v.version LIMIT 1",
      [&](const sql::Row& row) {
        by = "version " + std::to_string(row.Int(1)) + " of the model " + std::string(row.Bytes(0));
      },
      id);
  return by;
}

}  // namespace

std::optional<std::string> VersionReferrer::OfRun(sql::Reader& reader, const tracking::RunId& run) const {
  return Referring(reader, "run_id", run.text());
}

std::optional<std::string> VersionReferrer::OfLoggedModel(sql::Reader& reader,
                                                          const tracking::LoggedModelId& model) const {
  return Referring(reader, "model_id", model.text());
}

}  // namespace orrery::models
