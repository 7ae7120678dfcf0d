#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "base/clock.h"
#include "base/id.h"
#include "sql/database.h"
#include "tracking/types.h"

namespace orrery::tracking {

struct TraceTag {
  static constexpr std::string_view kField = "trace_id";
};
/// "tr-" and the 32 hex digits of OpenTelemetry's id, or what a client chose.
using TraceId = Id<TraceTag>;

enum class TraceState { kStateUnspecified, kOk, kError, kInProgress };
BOOST_DESCRIBE_ENUM(TraceState, kStateUnspecified, kOk, kError, kInProgress)

/// What is known of one trace beside its spans; `metadata` is written once by who traced, `tags` change.
struct Trace {
  TraceId id;
  int64_t experiment_id = 0;
  std::string client_request_id;
  int64_t start_ms = 0;
  std::optional<int64_t> duration_ms;
  TraceState state = TraceState::kStateUnspecified;
  std::optional<std::string> request_preview;
  std::optional<std::string> response_preview;
  std::vector<Tag> metadata;
  std::vector<Tag> tags;
};
BOOST_DESCRIBE_STRUCT(Trace, (),
                      (id, experiment_id, client_request_id, start_ms, duration_ms, state, request_preview,
                       response_preview, metadata, tags))

/// One step of a trace. `content` is all of it, as JSON in the form in which it is handed out again.
struct Span {
  TraceId trace_id;
  std::string id;         ///< hex
  std::string parent_id;  ///< hex; empty for the root
  std::string name;
  int64_t start_ns = 0;
  int64_t end_ns = 0;  ///< 0: not ended
  bool failed = false;
  std::string content;
  std::string text;  ///< the names, keys and values by which it is found
};
BOOST_DESCRIBE_STRUCT(Span, (), (trace_id, id, parent_id, name, start_ns, end_ns, failed, content, text))

/// A trace whose spans were asked for too: their contents, in order of start.
struct TraceWithSpans {
  Trace trace;
  std::vector<std::string> spans;
  /// Whether its client said that it ended and every span that it counted is here.
  bool complete = false;
};

/// Filters know the attributes trace_id, client_request_id, name, status, timestamp_ms, execution_time_ms, run_id and
/// text (what any span holds), tags and metadata.
struct TraceQuery {
  std::vector<int64_t> experiment_ids;
  std::string filter;
  std::vector<std::string> order_by;  ///< default: timestamp_ms DESC; ties: id
  int64_t limit = 100;
  std::string page_token;
};

struct TracePage {
  std::vector<Trace> traces;
  std::string next_page_token;  ///< empty on the last page
};

/// Which traces of an experiment go: those named, or those not after `until_ms`, the oldest first, at most `most`.
struct TraceDeletion {
  int64_t experiment_id = 0;
  std::vector<std::string> ids;
  std::optional<int64_t> until_ms;
  std::optional<int64_t> most;
};

/// Keeps traces: what an application did for one request, as a tree of spans. Spans may come before the trace's own
/// record, one by one and more than once.
///
///   IN_PROGRESS -> OK | ERROR       spans alone: by the root span's end; later the client's word counts
///
/// Safe to call from any thread. Errors everywhere: not_found (no such trace), invalid_argument (names the field).
class Traces {
 public:
  /// `database` must outlive this object.
  explicit Traces(sql::Database& database) : database_(database) {}

  /// Stores what the client says of a trace that ended; again replaces it, tags and metadata are added to those there.
  /// Errors: not_found (no such experiment), failed_precondition (it is deleted), already_exists (the id is a trace of
  /// another experiment).
  Trace Record(const Trace& trace);
  /// Stores spans, all or none; the traces they belong to are begun where they are not there, and linked to `run_id` if
  /// one is given. A span that is there is replaced. Errors: as Record.
  void AddSpans(int64_t experiment_id, const std::vector<Span>& spans,
                const std::optional<RunId>& run_id = {});

  Trace Get(const TraceId& id);
  /// Where the trace's files lie; kept apart from the tag that tells clients, which they may change.
  std::string ArtifactLocation(const TraceId& id);
  TraceWithSpans GetWithSpans(const TraceId& id);
  /// Those of `ids` that are there, in their order. Errors: invalid_argument (more than 500).
  std::vector<TraceWithSpans> Find(const std::vector<std::string>& ids, bool with_spans);
  TracePage Search(const TraceQuery& query);

  void SetTag(const TraceId& id, const Tag& tag);
  /// Errors: not_found (no such tag).
  void DeleteTag(const TraceId& id, std::string_view key);
  /// Returns which went; their files are their caller's to remove.
  std::vector<TraceId> Delete(const TraceDeletion& deletion);
  /// The traces need not be there yet. Errors: not_found (the run), invalid_argument (more than 100).
  void LinkToRun(const std::vector<std::string>& ids, const RunId& run);

 private:
  sql::Database& database_;
};

}  // namespace orrery::tracking
