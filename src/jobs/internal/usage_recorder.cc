#include "jobs/internal/usage_recorder.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace orrery::jobs::internal {
namespace {

constexpr std::chrono::seconds kPeriod{10};
/// For this long ends are gathered before they are looked at.
constexpr std::chrono::seconds kGather{1};
/// In one transaction: it holds up every other write.
constexpr size_t kMostSamples = 5'000;

}  // namespace

UsageRecorder::~UsageRecorder() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void UsageRecorder::Start() {
  thread_ = std::thread([this] { Run(); });
}

void UsageRecorder::Wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void UsageRecorder::Run() {
  bool pending = true;
  bool failing = false;
  Clock::Monotonics all_at = with_.clock.Monotonic();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = [this] { return woken_ || stopping_; };
    if (pending) {
      wake_.wait_for(lock, all_at - with_.clock.Monotonic(), due);
    } else {
      wake_.wait(lock, due);
      all_at = with_.clock.Monotonic() + kPeriod;
    }
    if (woken_) wake_.wait_for(lock, kGather, [this] { return stopping_; });
    if (stopping_) return;
    woken_ = false;
    lock.unlock();
    const Clock::Monotonics now = with_.clock.Monotonic();
    const bool all = now >= all_at;
    if (all) all_at = now + kPeriod;
    try {
      pending = Record(all ? Which::kAll : Which::kEnded);
      failing = false;
    } catch (const std::exception& error) {
      if (!std::exchange(failing, true))
        Log(LogLevel::kError, "recording what jobs use failed and will be repeated",
            {{"error", error.what()}});
      pending = true;
    }
    lock.lock();
  }
}

bool UsageRecorder::Record(Which which) {
  const std::vector<Pending> pending = ReadPending();
  std::vector<Found> found;
  std::set<std::string> jobs;
  std::set<int64_t> tokens;
  size_t room = kMostSamples;
  bool later = false;
  for (const Pending& attempt : pending) {
    tokens.insert(attempt.token);
    // The steps of a later attempt go on behind the last one of the attempt before it.
    if (!jobs.insert(attempt.id.job_id).second || room == 0) {
      later = true;
    } else if (which == Which::kAll || attempt.ended) {
      found.push_back(ReadSamples(attempt, room));
      const auto samples = static_cast<size_t>(found.back().place.read - attempt.recorded);
      room -= std::min(room, samples);
      later = later || (attempt.ended && !found.back().whole);
    }
  }
  if (which == Which::kAll) AddGpus(found);
  if (!found.empty()) Store(found);
  size_t whole = 0;
  for (Found& each : found) {
    if (each.whole) ++whole;
    places_[each.attempt->token] = std::move(each.place);
  }
  std::erase_if(places_, [&](const auto& entry) { return !tokens.contains(entry.first); });
  if (later) Wake();
  return pending.size() > whole;
}

std::vector<UsageRecorder::Pending> UsageRecorder::ReadPending() {
  return with_.database.Read([](sql::Reader& reader) {
    std::vector<Pending> pending;
    reader.Visit(
        "SELECT a.job_id, a.number, a.token, j.run_id, a.state, a.usage_samples "
        "FROM attempts a JOIN jobs j ON j.id = a.job_id WHERE a.usage_pending = 1 ORDER BY a.token",
        [&](const sql::Row& row) {
          pending.push_back({.id = {sql::Get<std::string>(row, 0), sql::Get<int>(row, 1)},
                             .token = sql::Get<int64_t>(row, 2),
                             .run_id = sql::Get<std::string>(row, 3),
                             .ended = IsTerminal(sql::Get<AttemptState>(row, 4)),
                             .recorded = sql::Get<int64_t>(row, 5)});
        });
    return pending;
  });
}

UsageRecorder::Place UsageRecorder::PlaceOf(const Pending& attempt) {
  if (const auto known = places_.find(attempt.token); known != places_.end()) return known->second;
  return with_.database.Read([&](sql::Reader& reader) {
    const auto spec = FromJson<JobSpec>(
        reader.First<std::string>("SELECT spec FROM jobs WHERE id = ?", attempt.id.job_id).value());
    const auto before = reader.First<int64_t>(
        "SELECT COALESCE(SUM(usage_samples), 0) FROM attempts WHERE job_id = ? AND number < ?",
        attempt.id.job_id, attempt.id.number);
    return Place{.given = {spec.cpus, spec.memory_bytes}, .first_step = before.value_or(0)};
  });
}

UsageRecorder::Found UsageRecorder::ReadSamples(const Pending& attempt, size_t most) {
  Found found{.attempt = &attempt, .place = PlaceOf(attempt)};
  Place& place = found.place;
  try {
    for (std::optional<uint64_t> before; place.cursor != before;) {
      if (place.read >= attempt.recorded + static_cast<int64_t>(most)) return found;
      before = place.cursor;
      for (const UsageSample& sample : with_.executor.ReadUsage(attempt.id, place.cursor)) {
        // After a restart all are read again: what is recorded only tells where the next interval begins.
        if (place.read >= attempt.recorded) {
          auto points = MetricsOf(place.latest, sample, place.given, place.first_step + place.read);
          std::move(points.begin(), points.end(), std::back_inserter(found.points));
        }
        place.latest = sample;
        ++place.read;
      }
    }
  } catch (const Error& error) {
    if (!std::exchange(place.unreadable, true))
      Log(LogLevel::kWarning, "cannot read what an attempt uses",
          {{"job", attempt.id.job_id}, {"attempt", attempt.id.number}, {"error", error.what()}});
  }
  found.whole = attempt.ended;
  return found;
}

void UsageRecorder::AddGpus(std::vector<Found>& found) {
  if (found.empty()) return;
  const auto readings = with_.executor.ReadGpus();
  const Instant now = with_.clock.Now();
  for (Found& each : found) {
    const auto gpus = readings.find(each.attempt->id);
    if (gpus == readings.end() || each.place.read == 0) continue;
    auto points = MetricsOf(gpus->second, each.place.first_step + each.place.read - 1, now);
    std::move(points.begin(), points.end(), std::back_inserter(each.points));
  }
}

void UsageRecorder::Store(const std::vector<Found>& found) {
  const bool any = std::any_of(found.begin(), found.end(),
                               [](const Found& each) { return each.whole || !each.points.empty(); });
  if (!any) return;
  with_.database.Write([&](sql::Writer& writer) {
    for (const Found& each : found) {
      if (each.points.empty() && !each.whole) continue;
      if (!each.points.empty()) with_.runs.AddPoints(writer, each.attempt->run_id, each.points);
      writer.Run("UPDATE attempts SET usage_samples = ?, usage_pending = ? WHERE token = ?",
                 std::max(each.place.read, each.attempt->recorded), int64_t{each.whole ? 0 : 1},
                 each.attempt->token);
    }
  });
}

}  // namespace orrery::jobs::internal
