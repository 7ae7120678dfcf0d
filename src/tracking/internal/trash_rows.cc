#include "tracking/internal/trash_rows.h"

#include <string>

namespace orrery::tracking::internal {
namespace {

std::vector<RunRow> ChildrenOf(sql::Reader& reader, const RunId& parent) {
  return reader.All<RunRow>(
      "SELECT " + sql::Columns<RunRow>() +
          " FROM runs WHERE lifecycle_stage = ? AND seq IN (SELECT run_seq FROM run_tags "
          "WHERE key = 'mlflow.parentRunId' AND value = ?)",
      LifecycleStage::kActive, parent);
}

}  // namespace

std::vector<RunRow> TakeToTrash(sql::Writer& writer, const RunRow& row, int64_t now_ms) {
  writer.Run("UPDATE runs SET lifecycle_stage = ?, deleted_ms = ? WHERE seq = ?", LifecycleStage::kDeleted,
             now_ms, row.seq);
  std::vector<RunRow> gone = {row};
  // A parent is a tag that anybody sets: a circle ends here because who went is no longer active.
  for (size_t next = 0; next < gone.size(); ++next) {
    for (const RunRow& child : ChildrenOf(writer, gone[next].id)) {
      writer.Run("UPDATE runs SET lifecycle_stage = ?, deleted_ms = ?, deleted_with_run = ? WHERE seq = ?",
                 LifecycleStage::kDeleted, now_ms, row.seq, child.seq);
      gone.push_back(child);
    }
  }
  return gone;
}

std::vector<RunRow> TakeFromTrash(sql::Writer& writer, const RunRow& row) {
  std::vector<RunRow> back = {row};
  const auto together = writer.All<RunRow>(
      "SELECT " + sql::Columns<RunRow>() +
          " FROM runs WHERE deleted_with_run = ? AND lifecycle_stage = ? AND experiment_id IN "
          "(SELECT id FROM experiments WHERE lifecycle_stage = ?) ORDER BY seq",
      row.seq, LifecycleStage::kDeleted, LifecycleStage::kActive);
  back.insert(back.end(), together.begin(), together.end());
  for (const RunRow& run : back) {
    writer.Run(
        "UPDATE runs SET lifecycle_stage = ?, deleted_with_experiment = 0, deleted_ms = NULL, "
        "deleted_with_run = NULL WHERE seq = ?",
        LifecycleStage::kActive, run.seq);
  }
  return back;
}

}  // namespace orrery::tracking::internal
