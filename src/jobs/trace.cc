#include "jobs/trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"

namespace orrery::jobs {
namespace {

constexpr double kLongestSeconds = 100.0 * 365 * 86'400;
constexpr int64_t kMostGpus = 1'000'000;

/// Splits a line at its commas. A field in double quotes may hold commas, and a quote as two of them.
std::vector<std::string> Split(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

template <class Number>
std::optional<Number> ParseNumber(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Turns lines into jobs by the columns that the first line names.
class Columns {
 public:
  explicit Columns(const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (!places_.emplace(names[i], i).second) throw Bad(1, names[i], "is named twice: name it once");
    }
    for (const char* needed : {"timestamp", "duration", "num_gpus"}) {
      if (!places_.contains(needed))
        throw Bad(1, needed,
                  "is not among the columns: the first line names timestamp, duration and num_gpus");
    }
  }

  TraceJob Read(const std::vector<std::string>& fields, size_t line) const {
    if (fields.size() != places_.size()) {
      throw Bad(line, "fields",
                "there are " + std::to_string(fields.size()) + ", the first line names " +
                    std::to_string(places_.size()));
    }
    const auto field = [&](const std::string& name) { return fields[places_.at(name)]; };
    const auto optional = [&](const std::string& name) {
      return places_.contains(name) ? field(name) : std::string();
    };
    return {.submitted_us = Time(field("timestamp"), line),
            .duration_us = Duration(field("duration"), line),
            .gpus = Gpus(field("num_gpus"), line),
            .user = optional("user"),
            .name = optional("name"),
            .queue = places_.contains("queue") ? field("queue") : optional("cluster")};
  }

 private:
  static Error Bad(size_t line, const std::string& column, const std::string& message) {
    return InvalidField("line " + std::to_string(line) + ", " + column, message);
  }

  static int64_t Time(const std::string& text, size_t line) {
    try {
      return ParseTraceTime(text).time_since_epoch().count();
    } catch (const Error& error) {
      throw Bad(line, "timestamp", error.what());
    }
  }

  static int64_t Duration(const std::string& text, size_t line) {
    const auto seconds = ParseNumber<double>(text);
    if (!seconds || !(*seconds > 0) || *seconds > kLongestSeconds)
      throw Bad(line, "duration", "needs seconds above 0 and at most a hundred years, got " + Quoted(text));
    return std::max<int64_t>(std::llround(*seconds * 1e6), 1);
  }

  static int64_t Gpus(const std::string& text, size_t line) {
    const auto gpus = ParseNumber<int64_t>(text);
    if (!gpus || *gpus < 1 || *gpus > kMostGpus)
      throw Bad(line, "num_gpus", "needs a number from 1 to 1000000, got " + Quoted(text));
    return *gpus;
  }

  std::map<std::string, size_t> places_;
};

}  // namespace

Instant ParseTraceTime(std::string_view text) {
  std::string full(text);
  if (full.size() == 10) full += "T00:00:00Z";
  if (full.size() == 19 && full[10] == ' ') {
    full[10] = 'T';
    full += 'Z';
  }
  try {
    return ParseInstant(full);
  } catch (const Error&) {
    throw Error(Code::kInvalidArgument,
                "needs a time like 2017-10-01 12:30:00 or 2017-10-01, got " + Quoted(text));
  }
}

std::vector<TraceJob> ReadTrace(std::string_view text) {
  std::vector<TraceJob> jobs;
  std::optional<Columns> columns;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (line > 1 && row.empty()) continue;
    const auto fields = Split(row);
    if (columns) {
      jobs.push_back(columns->Read(fields, line));
    } else {
      columns.emplace(fields);
    }
  }
  if (!columns) throw InvalidField("line 1", "is missing: the first line names the columns");
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const TraceJob& a, const TraceJob& b) { return a.submitted_us < b.submitted_us; });
  return jobs;
}

}  // namespace orrery::jobs
