#include "models/tracking_lineage.h"

#include "base/error.h"

namespace orrery::models {
namespace {

// An id that cannot be is one that does not exist: both name nothing.
template <typename Find>
std::optional<Origin> OrNone(Find&& find) {
  try {
    return find();
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kInvalidArgument) throw;
    return std::nullopt;
  }
}

}  // namespace

std::optional<Origin> TrackingLineage::OfRun(std::string_view run_id) {
  return OrNone([&]() -> Origin {
    const auto run = tracking_.runs.GetInfo(tracking::RunId::Parse(run_id));
    return {.artifact_root = run.artifact_uri, .run_id = run.id.text()};
  });
}

std::optional<Origin> TrackingLineage::OfLoggedModel(std::string_view model_id) {
  return OrNone([&]() -> Origin {
    const auto model = tracking_.logged_models.Get(tracking::LoggedModelId::Parse(model_id));
    Origin origin{.artifact_root = model.artifact_uri};
    if (!model.source_run_id.empty()) origin.run_id = model.source_run_id;
    return origin;
  });
}

}  // namespace orrery::models
