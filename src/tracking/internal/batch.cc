#include "tracking/internal/batch.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "base/error.h"
#include "tracking/internal/checks.h"
#include "tracking/internal/model_rows.h"
#include "tracking/internal/run_rows.h"
#include "tracking/internal/series.h"
#include "tracking/limits.h"

namespace orrery::tracking::internal {
namespace {

void CheckAmount(std::string_view field, size_t amount, size_t most) {
  if (amount <= most) return;
  throw InvalidField(field, "A batch logging request can contain at most " + std::to_string(most) + " " +
                                std::string(field) + ", got " + std::to_string(amount) +
                                ": split it into several");
}

/// The number that a param's whole text is; none for other texts, NaN and infinities.
std::optional<double> NumberOf(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// A value is set once: `changed` says that it was new, else `stored` reads what is there.
void StoreParam(sql::Writer& writer, int64_t run_seq, const Param& param) {
  const int64_t changed = writer.Run(
      "INSERT INTO run_params (run_seq, key, value, number) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (run_seq, key) DO NOTHING",
      run_seq, param.key, param.value, NumberOf(param.value));
  if (changed > 0) return;
  const auto stored = writer.First<std::string>("SELECT value FROM run_params WHERE run_seq = ? AND key = ?",
                                                run_seq, param.key);
  if (stored != param.value) {
    throw InvalidField("params", "Changing param values is not allowed. Param with key=" + Quoted(param.key) +
                                     " was already logged with value=" + Quoted(stored.value_or("")) +
                                     "; attempted new value " + Quoted(param.value));
  }
}

void StoreMetrics(sql::Writer& writer, const RunKey& run, const std::vector<Metric>& metrics) {
  std::vector<uint32_t> order(metrics.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return metrics[a].key < metrics[b].key; });
  for (size_t first = 0; first < order.size();) {
    const std::string& key = metrics[order[first]].key;
    std::vector<Point> points;
    for (; first < order.size() && metrics[order[first]].key == key; ++first) {
      const Metric& metric = metrics[order[first]];
      points.push_back({metric.value, metric.step, metric.timestamp_ms});
    }
    AppendPoints(writer, run, key, std::move(points));
  }
}

}  // namespace

void CheckTags(const std::vector<Tag>& tags) {
  for (size_t i = 0; i < tags.size(); ++i) {
    CheckKey("tags[" + std::to_string(i) + "].key", tags[i].key);
    CheckLength("tags[" + std::to_string(i) + "].value", tags[i].value, kMaxTagValueBytes);
  }
}

void CheckBatch(const Batch& batch) {
  CheckAmount("metrics", batch.metrics.size(), kMaxMetricsPerBatch);
  CheckAmount("params", batch.params.size(), kMaxParamsPerBatch);
  CheckAmount("tags", batch.tags.size(), kMaxTagsPerBatch);
  CheckAmount("metrics, params and tags", batch.metrics.size() + batch.params.size() + batch.tags.size(),
              kMaxEntitiesPerBatch);
  for (size_t i = 0; i < batch.params.size(); ++i) {
    CheckKey("params[" + std::to_string(i) + "].key", batch.params[i].key);
    CheckLength("params[" + std::to_string(i) + "].value", batch.params[i].value, kMaxParamValueBytes);
  }
  CheckTags(batch.tags);
  for (size_t i = 0; i < batch.metrics.size(); ++i) {
    const Metric& metric = batch.metrics[i];
    // Most batches repeat few keys.
    if (i > 0 && metric.key == batch.metrics[i - 1].key) continue;
    CheckKey("metrics[" + std::to_string(i) + "].key", metric.key);
  }
}

void PutRunTag(sql::Writer& writer, int64_t run_seq, const Tag& tag) {
  writer.Run(
      "INSERT INTO run_tags (run_seq, key, value) VALUES (?, ?, ?) "
      "ON CONFLICT (run_seq, key) DO UPDATE SET value = excluded.value",
      run_seq, tag.key, tag.value);
}

void StoreBatch(sql::Writer& writer, const RunId& id, const Batch& batch) {
  const RunKey run = RequireActiveRun(writer, id);
  for (const Param& param : batch.params) StoreParam(writer, run.seq, param);
  if (!batch.metrics.empty()) StoreMetrics(writer, run, batch.metrics);
  for (const Metric& metric : batch.metrics) {
    if (metric.model_id) StoreModelMetric(writer, id, metric);
  }
  for (const Tag& tag : batch.tags) {
    PutRunTag(writer, run.seq, tag);
    if (tag.key == kRunNameTag) writer.Run("UPDATE runs SET name = ? WHERE seq = ?", tag.value, run.seq);
  }
}

}  // namespace orrery::tracking::internal
