#include "tracking/internal/trace_rows.h"

#include <unordered_map>

#include "base/error.h"
#include "tracking/internal/rows_of.h"

namespace orrery::tracking::internal {

std::optional<TraceRow> FindTrace(sql::Reader& reader, const std::string& id) {
  static const std::string kSql = "SELECT " + sql::Columns<TraceRow>() + " FROM traces WHERE id = ?";
  return reader.First<TraceRow>(kSql, id);
}

TraceRow RequireTrace(sql::Reader& reader, const TraceId& id) {
  auto row = FindTrace(reader, id.text());
  if (!row) throw Error(Code::kNotFound, "Trace with ID '" + id.text() + "' not found.", "trace_id");
  return *std::move(row);
}

std::vector<Trace> LoadTraces(sql::Reader& reader, const std::vector<TraceRow>& rows) {
  std::vector<Trace> out;
  if (rows.empty()) return out;
  std::vector<int64_t> seqs;
  std::unordered_map<int64_t, size_t> places;
  for (const TraceRow& row : rows) {
    places[row.seq] = out.size();
    seqs.push_back(row.seq);
    out.push_back({.id = row.id,
                   .experiment_id = row.experiment_id,
                   .client_request_id = row.client_request_id,
                   .start_ms = row.start_ms,
                   .duration_ms = row.duration_ms,
                   .state = row.state,
                   .request_preview = row.request_preview,
                   .response_preview = row.response_preview,
                   .metadata = {},
                   .tags = {}});
  }
  const auto trace_of = [&](const sql::Row& row) -> Trace& { return out[places.at(row.Int(0))]; };
  constexpr std::string_view kOrder = " ORDER BY trace_seq, key";
  VisitRowsOf(reader, "SELECT trace_seq, key, value FROM trace_metadata WHERE trace_seq", kOrder, seqs,
              [&](const sql::Row& row) { trace_of(row).metadata.push_back(sql::Read<Tag>(row, 1)); });
  VisitRowsOf(reader, "SELECT trace_seq, key, value FROM trace_tags WHERE trace_seq", kOrder, seqs,
              [&](const sql::Row& row) { trace_of(row).tags.push_back(sql::Read<Tag>(row, 1)); });
  return out;
}

std::vector<std::string> LoadSpans(sql::Reader& reader, int64_t trace_seq) {
  return reader.All<std::string>("SELECT content FROM trace_spans WHERE trace_seq = ? ORDER BY start_ns, id",
                                 trace_seq);
}

}  // namespace orrery::tracking::internal
