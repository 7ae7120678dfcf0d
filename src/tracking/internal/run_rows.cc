#include "tracking/internal/run_rows.h"

#include <unordered_map>

#include "base/error.h"
#include "tracking/internal/rows_of.h"

namespace orrery::tracking::internal {
namespace {

/// Runs by their key in the database, while their children are read.
class Loading {
 public:
  Loading(sql::Reader& reader, const std::vector<RunRow>& rows) : reader_(reader) {
    runs_.reserve(rows.size());
    for (const RunRow& row : rows) {
      places_[row.seq] = runs_.size();
      seqs_.push_back(row.seq);
      runs_.emplace_back().info = row.info();
    }
  }

  void ReadParamsAndTags();
  void ReadMetrics();
  void ReadDatasets();
  void ReadModels();
  std::vector<Run> Take() { return std::move(runs_); }

 private:
  Run& RunOf(const sql::Row& row) { return runs_[places_.at(row.Int(0))]; }

  sql::Reader& reader_;
  std::vector<Run> runs_;
  std::vector<int64_t> seqs_;
  std::unordered_map<int64_t, size_t> places_;
};

void Loading::ReadParamsAndTags() {
  constexpr std::string_view kOrder = " ORDER BY run_seq, key";
  VisitRowsOf(reader_, "SELECT run_seq, key, value FROM run_params WHERE run_seq", kOrder, seqs_,
              [&](const sql::Row& row) { RunOf(row).params.push_back(sql::Read<Param>(row, 1)); });
  VisitRowsOf(reader_, "SELECT run_seq, key, value FROM run_tags WHERE run_seq", kOrder, seqs_,
              [&](const sql::Row& row) { RunOf(row).tags.push_back(sql::Read<Tag>(row, 1)); });
}

void Loading::ReadMetrics() {
  VisitRowsOf(
      reader_,
      "SELECT run_seq, key, latest_value, latest_step, latest_ms, min_value, max_value, first_value, points "
      "FROM metric_series WHERE run_seq",
      " ORDER BY run_seq, key", seqs_,
      [&](const sql::Row& row) { RunOf(row).metrics.push_back(sql::Read<MetricSummary>(row, 1)); });
}

void Loading::ReadDatasets() {
  std::unordered_map<int64_t, std::unordered_map<int64_t, size_t>> inputs;
  VisitRowsOf(reader_,
              "SELECT i.run_seq, d.id, d.name, d.digest, d.source_type, d.source, d.dataset_schema, "
              "d.dataset_profile "
              "FROM run_datasets i JOIN datasets d ON d.id = i.dataset_id WHERE i.run_seq",
              " ORDER BY i.run_seq, d.name, d.digest", seqs_, [&](const sql::Row& row) {
                auto& list = RunOf(row).dataset_inputs;
                inputs[row.Int(0)][row.Int(1)] = list.size();
                list.push_back({sql::Read<Dataset>(row, 2), {}});
              });
  if (inputs.empty()) return;
  VisitRowsOf(reader_, "SELECT run_seq, dataset_id, key, value FROM run_dataset_tags WHERE run_seq",
              " ORDER BY run_seq, dataset_id, key", seqs_, [&](const sql::Row& row) {
                const size_t place = inputs.at(row.Int(0)).at(row.Int(1));
                RunOf(row).dataset_inputs[place].tags.push_back(sql::Read<Tag>(row, 2));
              });
}

void Loading::ReadModels() {
  VisitRowsOf(reader_, "SELECT run_seq, model_id FROM run_model_inputs WHERE run_seq",
              " ORDER BY run_seq, model_id", seqs_,
              [&](const sql::Row& row) { RunOf(row).model_inputs.push_back(sql::Read<ModelInput>(row, 1)); });
  VisitRowsOf(reader_, "SELECT run_seq, model_id, step FROM run_model_outputs WHERE run_seq",
              " ORDER BY run_seq, step, model_id", seqs_, [&](const sql::Row& row) {
                RunOf(row).model_outputs.push_back(sql::Read<ModelOutput>(row, 1));
              });
}

Error NoSuchRun(const RunId& id) {
  return Error(Code::kNotFound, "Run with id=" + id.text() + " not found", "run_id");
}

}  // namespace

std::optional<RunRow> FindRun(sql::Reader& reader, const RunId& id) {
  static const std::string kSql = "SELECT " + sql::Columns<RunRow>() + " FROM runs WHERE id = ?";
  return reader.First<RunRow>(kSql, id);
}

RunRow RequireRun(sql::Reader& reader, const RunId& id) {
  auto row = FindRun(reader, id);
  if (!row) throw NoSuchRun(id);
  return *std::move(row);
}

RunKey RequireActiveRun(sql::Reader& reader, const RunId& id) {
  std::optional<RunKey> key;
  bool active = false;
  reader.Visit(
      "SELECT seq, experiment_id, lifecycle_stage FROM runs WHERE id = ?",
      [&](const sql::Row& row) {
        key = {row.Int(0), row.Int(1)};
        active = row.Bytes(2) == EnumName(LifecycleStage::kActive);
      },
      id);
  if (!key) throw NoSuchRun(id);
  if (!active) {
    throw Error(Code::kFailedPrecondition,
                "The run " + id.text() + " must be in the 'active' state; it is deleted: restore it first",
                "run_id");
  }
  return *key;
}

std::vector<Run> LoadRuns(sql::Reader& reader, const std::vector<RunRow>& rows) {
  if (rows.empty()) return {};
  Loading loading(reader, rows);
  loading.ReadParamsAndTags();
  loading.ReadMetrics();
  loading.ReadDatasets();
  loading.ReadModels();
  return loading.Take();
}

}  // namespace orrery::tracking::internal
