#include "tracking/traces.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/json_parse.h"
#include "tracking/internal/checks.h"
#include "tracking/internal/experiment_rows.h"
#include "tracking/internal/purge.h"
#include "tracking/internal/run_rows.h"
#include "tracking/internal/trace_rows.h"
#include "tracking/limits.h"

namespace orrery::tracking {
namespace {

using internal::TraceRow;

constexpr std::string_view kNameTag = "mlflow.traceName";
constexpr std::string_view kArtifactsTag = "mlflow.artifactLocation";
constexpr std::string_view kSpansTag = "mlflow.trace.spansLocation";
constexpr std::string_view kFinalKey = "mlflow.trace.infoFinalized";
constexpr std::string_view kSizesKey = "mlflow.trace.sizeStats";

void CheckPairs(std::string_view field, const std::vector<Tag>& pairs) {
  for (const Tag& pair : pairs) {
    internal::CheckName(std::string(field) + ".key", pair.key, kMaxKeyBytes);
    internal::CheckLength(std::string(field) + ".value", pair.value, kMaxTagValueBytes);
  }
}

void Put(sql::Writer& writer, const std::string& table, int64_t seq, const Tag& pair) {
  writer.Run("INSERT INTO " + table +
                 " (trace_seq, key, value) VALUES (?, ?, ?) "
                 "ON CONFLICT (trace_seq, key) DO UPDATE SET value = excluded.value",
             seq, pair.key, pair.value);
}

std::string LocationIn(const internal::ExperimentRow& experiment, const TraceId& id) {
  return experiment.artifact_location + "/traces/" + id.text() + "/artifacts";
}

/// The row of `id`, begun where there is none. Errors: already_exists (another experiment's).
TraceRow Begin(sql::Writer& writer, const TraceId& id, const internal::ExperimentRow& experiment) {
  if (auto found = internal::FindTrace(writer, id.text())) {
    if (found->experiment_id == experiment.id) return *std::move(found);
    throw Error(Code::kAlreadyExists, "a trace of another experiment has this id: " + Quoted(id.text()),
                "trace_id");
  }
  writer.Run(
      "INSERT INTO traces (id, experiment_id, client_request_id, start_ms, state, recorded) VALUES (?, ?, "
      "'', 0, ?, 0)",
      id, experiment.id, TraceState::kInProgress);
  TraceRow row{.seq = writer.LastInsertId(), .id = id, .experiment_id = experiment.id};
  Put(writer, "trace_tags", row.seq, {std::string(kArtifactsTag), LocationIn(experiment, id)});
  return row;
}

/// What the spans alone show of a trace that its client has not spoken of yet.
void Summarise(sql::Writer& writer, const TraceRow& trace) {
  struct Extent {
    int64_t first = 0;
    int64_t last = 0;
  };
  constexpr int64_t kPerMilli = 1'000'000;
  Extent extent;
  writer.Visit(
      "SELECT min(start_ns), max(end_ns) FROM trace_spans WHERE trace_seq = ?",
      [&](const sql::Row& row) {
        extent = {row.Int(0), row.Int(1)};
      },
      trace.seq);
  TraceState state = TraceState::kInProgress;
  std::optional<int64_t> duration;
  writer.Visit(
      "SELECT name, end_ns, failed FROM trace_spans WHERE trace_seq = ? AND parent_id = '' ORDER BY start_ns "
      "LIMIT 1",
      [&](const sql::Row& row) {
        writer.Run(
            "INSERT INTO trace_tags (trace_seq, key, value) VALUES (?, ?, ?) ON CONFLICT (trace_seq, key) DO "
            "NOTHING",
            trace.seq, kNameTag, sql::Get<std::string>(row, 0));
        if (row.Int(1) == 0) return;
        state = row.Int(2) != 0 ? TraceState::kError : TraceState::kOk;
        duration = (extent.last - extent.first) / kPerMilli;
      },
      trace.seq);
  writer.Run("UPDATE traces SET start_ms = ?, duration_ms = ?, state = ? WHERE seq = ?",
             extent.first / kPerMilli, duration, state, trace.seq);
}

/// How many spans the client counted in its trace, if it said so.
std::optional<int64_t> CountedSpans(const Trace& trace) {
  for (const Tag& pair : trace.metadata) {
    if (pair.key != kSizesKey) continue;
    try {
      const json::value sizes = ParseJson(pair.value);
      if (const auto* object = sizes.if_object()) {
        if (const auto* count = object->if_contains("num_spans"); count != nullptr && count->is_int64())
          return count->get_int64();
      }
    } catch (const Error& error) {
      if (error.code() != Code::kInvalidArgument) throw;  // the text is the client's, and not ours to judge
    }
  }
  return std::nullopt;
}

TraceWithSpans Load(sql::Reader& reader, const TraceRow& row, bool with_spans) {
  TraceWithSpans out{.trace = internal::LoadTraces(reader, {row}).front(), .spans = {}};
  if (!with_spans) return out;
  out.spans = internal::LoadSpans(reader, row.seq);
  const auto counted = CountedSpans(out.trace);
  out.complete = out.trace.state != TraceState::kInProgress &&
                 (!counted || static_cast<int64_t>(out.spans.size()) >= *counted);
  return out;
}

void Link(sql::Writer& writer, const TraceId& id, const RunId& run) {
  writer.Run(
      "INSERT INTO trace_runs (trace_id, run_id) VALUES (?, ?) ON CONFLICT (trace_id, run_id) DO NOTHING", id,
      run);
}

}  // namespace

Trace Traces::Record(const Trace& trace) {
  CheckPairs("tags", trace.tags);
  CheckPairs("trace_metadata", trace.metadata);
  internal::CheckLength("client_request_id", trace.client_request_id, kMaxNameBytes);
  internal::CheckMillis("request_time", trace.start_ms);
  return database_.Write([&](sql::Writer& writer) {
    const auto experiment = internal::RequireActiveExperiment(writer, trace.experiment_id);
    const TraceRow row = Begin(writer, trace.id, experiment);
    writer.Run(
        "UPDATE traces SET client_request_id = ?, start_ms = ?, duration_ms = ?, state = ?, request_preview "
        "= ?, "
        "response_preview = ?, recorded = 1 WHERE seq = ?",
        trace.client_request_id, trace.start_ms, trace.duration_ms, trace.state, trace.request_preview,
        trace.response_preview, row.seq);
    for (const Tag& tag : trace.tags) Put(writer, "trace_tags", row.seq, tag);
    for (const Tag& pair : trace.metadata) Put(writer, "trace_metadata", row.seq, pair);
    Put(writer, "trace_metadata", row.seq, {std::string(kFinalKey), "true"});
    return internal::LoadTraces(writer, {internal::RequireTrace(writer, trace.id)}).front();
  });
}

void Traces::AddSpans(int64_t experiment_id, const std::vector<Span>& spans,
                      const std::optional<RunId>& run_id) {
  for (const Span& span : spans) {
    internal::CheckLength("span.name", span.name, kMaxNameBytes);
    if (span.name.find('\0') != std::string::npos) throw InvalidField("span.name", "has a NUL character");
    if (span.id.empty()) throw InvalidField("span.span_id", "is missing");
  }
  database_.Write([&](sql::Writer& writer) {
    const auto experiment = internal::RequireActiveExperiment(writer, experiment_id);
    std::map<TraceId, TraceRow> traces;
    for (const Span& span : spans) {
      auto found = traces.find(span.trace_id);
      if (found == traces.end()) {
        found = traces.emplace(span.trace_id, Begin(writer, span.trace_id, experiment)).first;
      }
      writer.Run(
          "INSERT INTO trace_spans (trace_seq, id, parent_id, name, start_ns, end_ns, failed, content, text) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (trace_seq, id) DO UPDATE SET parent_id = "
          "excluded.parent_id, "
          "name = excluded.name, start_ns = excluded.start_ns, end_ns = excluded.end_ns, failed = "
          "excluded.failed, "
          "content = excluded.content, text = excluded.text",
          found->second.seq, span.id, span.parent_id, span.name, span.start_ns, span.end_ns, span.failed,
          span.content, span.text);
    }
    for (const auto& [id, row] : traces) {
      Put(writer, "trace_tags", row.seq, {std::string(kSpansTag), "TRACKING_STORE"});
      if (!row.recorded) Summarise(writer, row);
      if (run_id) Link(writer, id, *run_id);
    }
  });
}

Trace Traces::Get(const TraceId& id) {
  return database_.Read([&](sql::Reader& reader) {
    return internal::LoadTraces(reader, {internal::RequireTrace(reader, id)}).front();
  });
}

std::string Traces::ArtifactLocation(const TraceId& id) {
  return database_.Read([&](sql::Reader& reader) {
    const auto experiment =
        internal::RequireExperiment(reader, internal::RequireTrace(reader, id).experiment_id);
    return LocationIn(experiment, id);
  });
}

TraceWithSpans Traces::GetWithSpans(const TraceId& id) {
  return database_.Read(
      [&](sql::Reader& reader) { return Load(reader, internal::RequireTrace(reader, id), true); });
}

std::vector<TraceWithSpans> Traces::Find(const std::vector<std::string>& ids, bool with_spans) {
  constexpr size_t kMost = 500;
  if (ids.size() > kMost) throw InvalidField("trace_ids", "at most 500, got " + std::to_string(ids.size()));
  return database_.Read([&](sql::Reader& reader) {
    std::vector<TraceWithSpans> out;
    for (const std::string& id : ids) {
      if (const auto row = internal::FindTrace(reader, id)) out.push_back(Load(reader, *row, with_spans));
    }
    return out;
  });
}

TracePage Traces::Search(const TraceQuery& query) {
  return database_.Read([&](sql::Reader& reader) { return internal::SearchTraces(reader, query); });
}

void Traces::SetTag(const TraceId& id, const Tag& tag) {
  internal::CheckKey("key", tag.key);
  internal::CheckLength("value", tag.value, kMaxTagValueBytes);
  database_.Write(
      [&](sql::Writer& writer) { Put(writer, "trace_tags", internal::RequireTrace(writer, id).seq, tag); });
}

void Traces::DeleteTag(const TraceId& id, std::string_view key) {
  database_.Write([&](sql::Writer& writer) {
    const TraceRow row = internal::RequireTrace(writer, id);
    if (writer.Run("DELETE FROM trace_tags WHERE trace_seq = ? AND key = ?", row.seq, key) == 0) {
      throw Error(Code::kNotFound,
                  "No trace tag with key '" + std::string(key) + "' for trace with ID '" + id.text() + "'",
                  "key");
    }
  });
}

std::vector<TraceId> Traces::Delete(const TraceDeletion& deletion) {
  return database_.Write([&](sql::Writer& writer) {
    std::vector<std::string> ids = deletion.ids;
    if (deletion.until_ms) {
      ids = writer.All<std::string>(
          "SELECT id FROM traces WHERE experiment_id = ? AND start_ms <= ? ORDER BY start_ms, id LIMIT ?",
          deletion.experiment_id, *deletion.until_ms, deletion.most.value_or(-1));
    }
    std::vector<TraceId> gone;
    for (const std::string& id : ids) {
      const auto row = internal::FindTrace(writer, id);
      if (!row || row->experiment_id != deletion.experiment_id) continue;
      internal::PurgeTrace(writer, row->seq);
      gone.push_back(row->id);
    }
    return gone;
  });
}

void Traces::LinkToRun(const std::vector<std::string>& ids, const RunId& run) {
  constexpr size_t kMost = 100;
  if (ids.size() > kMost)
    throw Error(Code::kInvalidArgument,
                "Cannot link more than 100 traces to a run, got " + std::to_string(ids.size()), "trace_ids");
  database_.Write([&](sql::Writer& writer) {
    internal::RequireRun(writer, run);
    for (const std::string& id : ids) Link(writer, TraceId::Parse(id), run);
  });
}

}  // namespace orrery::tracking
