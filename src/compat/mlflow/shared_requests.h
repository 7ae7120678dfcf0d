#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "compat/mlflow/text.h"
#include "compat/mlflow/wire.h"
#include "models/types.h"
#include "tracking/types.h"

/// What several requests have in common.
namespace orrery::compat::mlflow {

/// A tag or a param.
struct PairRequest {
  static constexpr std::string_view kRequired[] = {"key"};
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(PairRequest, (), (key, value))

/// Pairs as domain type T, values cut to `most` characters as MLflow cuts them.
template <typename T>
std::vector<T> CutPairs(std::vector<PairRequest> pairs, size_t most) {
  std::vector<T> out;
  out.reserve(pairs.size());
  for (PairRequest& pair : pairs)
    out.push_back({std::move(pair.key), CutCharacters(std::move(pair.value), most)});
  return out;
}

/// Pairs as domain type T.
template <typename T>
std::vector<T> Pairs(std::vector<PairRequest> pairs) {
  std::vector<T> out;
  out.reserve(pairs.size());
  for (PairRequest& pair : pairs) out.push_back({std::move(pair.key), std::move(pair.value)});
  return out;
}

/// The run that a request names: `run_id`, or `run_uuid` as it was called before.
/// Errors: invalid_argument (neither, or two that differ).
template <typename Request>
tracking::RunId RunOf(const Request& request) {
  const auto given = [](const std::optional<std::string>& text) { return text && !text->empty(); };
  if (given(request.run_id) && given(request.run_uuid) && *request.run_id != *request.run_uuid) {
    throw InvalidField("run_id", "run_id and run_uuid name different runs");
  }
  if (given(request.run_id)) return tracking::RunId::Parse(*request.run_id);
  if (given(request.run_uuid)) return tracking::RunId::Parse(*request.run_uuid);
  RefuseMissing({nullptr, "run_id"});
}

/// Experiment ids as they travel. Errors: invalid_argument.
std::vector<int64_t> ExperimentIds(const std::vector<std::string>& texts);

}  // namespace orrery::compat::mlflow
