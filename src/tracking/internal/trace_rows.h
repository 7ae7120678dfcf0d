#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "sql/database.h"
#include "tracking/traces.h"

namespace orrery::tracking::internal {

/// A row of the table traces.
struct TraceRow {
  int64_t seq = 0;
  TraceId id;
  int64_t experiment_id = 0;
  std::string client_request_id;
  int64_t start_ms = 0;
  std::optional<int64_t> duration_ms;
  TraceState state = TraceState::kStateUnspecified;
  std::optional<std::string> request_preview;
  std::optional<std::string> response_preview;
  bool recorded = false;  ///< its client told that it ended; otherwise it is what its spans show
};
BOOST_DESCRIBE_STRUCT(TraceRow, (),
                      (seq, id, experiment_id, client_request_id, start_ms, duration_ms, state,
                       request_preview, response_preview, recorded))

std::optional<TraceRow> FindTrace(sql::Reader& reader, const std::string& id);
/// Errors: not_found.
TraceRow RequireTrace(sql::Reader& reader, const TraceId& id);

/// The rows with their tags and metadata, in the order given.
std::vector<Trace> LoadTraces(sql::Reader& reader, const std::vector<TraceRow>& rows);
/// The contents of a trace's spans, in order of start.
std::vector<std::string> LoadSpans(sql::Reader& reader, int64_t trace_seq);

TracePage SearchTraces(sql::Reader& reader, const TraceQuery& query);

}  // namespace orrery::tracking::internal
