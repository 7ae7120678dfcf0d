#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/actor.h"
#include "base/clock.h"
#include "base/json.h"
#include "sql/database.h"

namespace orrery::events {

/// Something that happened, told once and for ever: it feeds event streams, the webhook outbox and the audit.
struct Event {
  static constexpr FieldDoc kDocs[] = {
      {"id", "Grows by commit order; a reader that has seen N asks for what is after N."},
      {"type", "What happened: \"job_queued\", \"run_created\"."},
      {"subject", "What it happened to, kind and id: \"job:3f2a...\"."},
      {"actor", "Who asked for it; \"orrery\" when the server did it by itself."},
      {"data", "The facts of this type as a JSON object."},
  };
  int64_t id = 0;
  Instant at;
  std::string type;
  std::string subject;
  std::string actor;
  json::value data;
};
BOOST_DESCRIBE_STRUCT(Event, (), (id, at, type, subject, actor, data))

/// What to append; id and time are the log's.
struct NewEvent {
  std::string type;
  std::string subject;
  Actor actor = {"orrery"};
  json::value data = json::object();
};

/// Which events a reader wants; an empty field matches all.
struct Filter {
  std::string subject;
  /// Names, "job_running", or beginnings, "job_*". Any of them matches.
  std::vector<std::string> types;
};

/// What a reader has not seen yet.
struct Backlog {
  int64_t events = 0;
  std::optional<Instant> oldest;
};

/// The append-only log of the server. Safe to call from any thread.
class EventLog {
 public:
  /// Both must outlive the log. Reads the newest id: migrations must have run.
  EventLog(sql::Database& database, Clock& clock);

  /// Appends within the caller's transaction: the event exists if and only if the change that it tells of
  /// does.
  void Append(sql::Writer& writer, const NewEvent& event);

  /// At most `limit` events with an id above `after`, oldest first.
  std::vector<Event> After(int64_t after, const Filter& filter, int limit);

  /// How many events After() would give without a limit, and since when.
  Backlog Behind(int64_t after, const Filter& filter);

  /// Keeps a callback registered for as long as it lives; after its destructor has returned the callback runs no more.
  class Watch {
   public:
    Watch(EventLog& log, std::function<void()> appended);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class EventLog;
    EventLog& log_;
    std::function<void()> appended_;  ///< runs in the committing thread: short, and without a call to the log
  };

  /// The newest committed id, without asking the database: a waiting stream compares it with its own cursor.
  int64_t newest() const { return newest_.load(std::memory_order_acquire); }

  static std::span<const sql::Migration> Migrations();

 private:
  void Publish(int64_t id);

  sql::Database& database_;
  Clock& clock_;
  std::atomic<int64_t> newest_ = 0;
  std::mutex mutex_;  // guards watches_; held while they are called
  std::set<Watch*> watches_;
};

}  // namespace orrery::events
