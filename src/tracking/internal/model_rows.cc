#include "tracking/internal/model_rows.h"

#include <unordered_map>

#include "base/error.h"
#include "tracking/internal/rows_of.h"

namespace orrery::tracking::internal {
namespace {

std::optional<std::string> Present(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

ModelRow RequireModel(sql::Reader& reader, const LoggedModelId& id) {
  static const std::string kSql = "SELECT " + sql::Columns<ModelRow>() +
                                  " FROM logged_models WHERE id = ? AND lifecycle_stage = 'ACTIVE'";
  auto row = reader.First<ModelRow>(kSql, id);
  if (!row) throw Error(Code::kNotFound, "Logged model with ID '" + id.text() + "' not found", "model_id");
  return *std::move(row);
}

std::vector<LoggedModel> LoadModels(sql::Reader& reader, const std::vector<ModelRow>& rows) {
  std::vector<LoggedModel> out;
  if (rows.empty()) return out;
  std::vector<int64_t> seqs;
  std::unordered_map<int64_t, size_t> places;
  for (const ModelRow& row : rows) {
    places[row.seq] = out.size();
    seqs.push_back(row.seq);
    out.push_back({row.id,
                   row.experiment_id,
                   row.name,
                   row.model_type,
                   row.source_run_id,
                   row.status,
                   row.status_message,
                   row.artifact_uri,
                   row.created_ms,
                   row.updated_ms,
                   {},
                   {},
                   {}});
  }
  const auto model_of = [&](const sql::Row& row) -> LoggedModel& { return out[places.at(row.Int(0))]; };
  constexpr std::string_view kOrder = " ORDER BY model_seq, key";
  VisitRowsOf(reader, "SELECT model_seq, key, value FROM logged_model_params WHERE model_seq", kOrder, seqs,
              [&](const sql::Row& row) { model_of(row).params.push_back(sql::Read<Param>(row, 1)); });
  VisitRowsOf(reader, "SELECT model_seq, key, value FROM logged_model_tags WHERE model_seq", kOrder, seqs,
              [&](const sql::Row& row) { model_of(row).tags.push_back(sql::Read<Tag>(row, 1)); });
  VisitRowsOf(reader,
              "SELECT model_seq, key, value, step, timestamp_ms, run_id, dataset_name, dataset_digest "
              "FROM logged_model_metrics WHERE model_seq",
              " ORDER BY model_seq, key, run_id, dataset_name, dataset_digest", seqs,
              [&](const sql::Row& row) {
                model_of(row).metrics.push_back({sql::Get<std::string>(row, 1), sql::Get<double>(row, 2),
                                                 row.Int(3), row.Int(4), sql::Get<std::string>(row, 5),
                                                 Present(row.Bytes(6)), Present(row.Bytes(7))});
              });
  return out;
}

void StoreModelMetric(sql::Writer& writer, const RunId& run, const Metric& metric) {
  const ModelRow model = RequireModel(writer, LoggedModelId::Parse(*metric.model_id));
  writer.Run(
      "INSERT INTO logged_model_metrics (model_seq, key, run_id, dataset_name, dataset_digest, value, step, "
      "timestamp_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (model_seq, key, run_id, dataset_name, dataset_digest) DO UPDATE SET value = "
      "excluded.value, "
      "step = excluded.step, timestamp_ms = excluded.timestamp_ms "
      "WHERE excluded.step > logged_model_metrics.step OR (excluded.step = logged_model_metrics.step AND "
      "(excluded.timestamp_ms > logged_model_metrics.timestamp_ms OR "
      "(excluded.timestamp_ms = logged_model_metrics.timestamp_ms AND excluded.value > "
      "logged_model_metrics.value)))",
      model.seq, metric.key, run, metric.dataset_name.value_or(""), metric.dataset_digest.value_or(""),
      metric.value, metric.step, metric.timestamp_ms);
}

}  // namespace orrery::tracking::internal
