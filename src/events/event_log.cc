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
  writer.AfterCommit([this, id] {
    // Commits come from one thread, but on another database they may end out of order: never step back.
    int64_t seen = newest_.load(std::memory_order_relaxed);
    while (seen < id && !newest_.compare_exchange_weak(seen, id, std::memory_order_release)) {
    }
  });
}

std::vector<Event> EventLog::After(int64_t after, const Filter& filter, int limit) {
  std::string sql = "SELECT id, at, type, subject, actor, data FROM events WHERE id > ?";
  std::vector<sql::Value> values = {after};
  if (!filter.subject.empty()) {
    sql += " AND subject = ?";
    values.emplace_back(filter.subject);
  }
  if (!filter.type.empty()) {
    sql += " AND type = ?";
    values.emplace_back(filter.type);
  }
  sql += " ORDER BY id LIMIT ?";
  values.emplace_back(int64_t{limit});
  return database_.Read([&](sql::Reader& reader) {
    std::vector<Event> events;
    reader.ForEach(sql, values, [&](const sql::Row& row) { events.push_back(ReadEvent(row)); });
    return events;
  });
}

}  // namespace orrery::events
