#include "events/event_log.h"

namespace orrery::events {
namespace {

// Events are never deleted, so that the next id is always above every former one without a counter of its own, whose
// page each write would carry along.
constexpr sql::Migration kMigrations[] = {
    {"events", 1,
     "CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, "
     "subject TEXT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL) STRICT;"
     "CREATE INDEX events_by_subject ON events (subject, id)"},
};

Event ReadEvent(const sql::Row& row) {
  return {sql::Get<int64_t>(row, 0),     sql::Get<Instant>(row, 1),     sql::Get<std::string>(row, 2),
          sql::Get<std::string>(row, 3), sql::Get<std::string>(row, 4), ParseJson(row.Bytes(5))};
}

/// The end of a statement that reads what is after `after` and matches `filter`, and its values.
struct Condition {
  Condition(int64_t after, const Filter& filter) : values{sql::Value(after)} {
    if (!filter.subject.empty()) {
      sql += " AND subject = ?";
      values.emplace_back(filter.subject);
    }
    std::string any;
    for (const std::string& type : filter.types) {
      any += any.empty() ? "" : " OR ";
      if (type.ends_with('*')) {
        any += "substr(type, 1, ?) = ?";
        values.emplace_back(static_cast<int64_t>(type.size()) - 1);
        values.emplace_back(type.substr(0, type.size() - 1));
      } else {
        any += "type = ?";
        values.emplace_back(type);
      }
    }
    if (!any.empty()) sql += " AND (" + any + ")";
  }

  std::string sql = " FROM events WHERE id > ?";
  std::vector<sql::Value> values;
};

}  // namespace

std::span<const sql::Migration> EventLog::Migrations() {
  return kMigrations;
}

EventLog::EventLog(sql::Database& database, Clock& clock) : database_(database), clock_(clock) {
  newest_ = database_.Read([](sql::Reader& reader) {
    return reader.First<int64_t>("SELECT coalesce(max(id), 0) FROM events").value_or(0);
  });
}

void EventLog::Append(sql::Writer& writer, const NewEvent& event) {
  writer.Run("INSERT INTO events (at, type, subject, actor, data) VALUES (?, ?, ?, ?, ?)", clock_.Now(),
             event.type, event.subject, event.actor.name, json::serialize(event.data));
  const int64_t id = writer.LastInsertId();
  writer.AfterCommit([this, id] { Publish(id); });
}

void EventLog::Publish(int64_t id) {
  // Commits come from one thread, but on another database they may end out of order: never step back.
  int64_t seen = newest_.load(std::memory_order_relaxed);
  while (seen < id && !newest_.compare_exchange_weak(seen, id, std::memory_order_release)) {
  }
  const std::scoped_lock lock(mutex_);
  for (const Watch* watch : watches_) watch->appended_();
}

std::vector<Event> EventLog::After(int64_t after, const Filter& filter, int limit) {
  Condition condition(after, filter);
  condition.values.emplace_back(int64_t{limit});
  return database_.Read([&](sql::Reader& reader) {
    std::vector<Event> events;
    reader.ForEach("SELECT id, at, type, subject, actor, data" + condition.sql + " ORDER BY id LIMIT ?",
                   condition.values, [&](const sql::Row& row) { events.push_back(ReadEvent(row)); });
    return events;
  });
}

Backlog EventLog::Behind(int64_t after, const Filter& filter) {
  const Condition condition(after, filter);
  return database_.Read([&](sql::Reader& reader) {
    Backlog backlog;
    reader.ForEach("SELECT count(*), min(at)" + condition.sql, condition.values, [&](const sql::Row& row) {
      backlog = {sql::Get<int64_t>(row, 0), sql::Get<std::optional<Instant>>(row, 1)};
    });
    return backlog;
  });
}

EventLog::Watch::Watch(EventLog& log, std::function<void()> appended)
    : log_(log), appended_(std::move(appended)) {
  const std::scoped_lock lock(log_.mutex_);
  log_.watches_.insert(this);
}

EventLog::Watch::~Watch() {
  const std::scoped_lock lock(log_.mutex_);
  log_.watches_.erase(this);
}

}  // namespace orrery::events
