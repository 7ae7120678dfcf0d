#include "events/internal/webhook_store.h"

#include "base/error.h"

namespace orrery::events::internal {
namespace {

constexpr int64_t kMost = 50;

const Actor kServer = {"orrery"};

constexpr sql::Migration kMigrations[] = {
    {"webhooks", 1,
     "CREATE TABLE webhooks (id TEXT PRIMARY KEY, url TEXT NOT NULL, types TEXT NOT NULL, secret TEXT NOT "
     "NULL, "
     "enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, cursor INTEGER NOT "
     "NULL, "
     "paused TEXT, last_error TEXT, failures INTEGER NOT NULL, failing_since INTEGER, next_retry_at INTEGER, "
     "last_attempt_at INTEGER, last_delivered_at INTEGER, last_status INTEGER) STRICT, WITHOUT ROWID"},
};

}  // namespace

std::span<const sql::Migration> WebhookStore::Migrations() {
  return kMigrations;
}

void WebhookStore::Tell(sql::Writer& writer, const WebhookId& id, const std::string& what, const Actor& by,
                        json::object data) {
  events_.Append(
      writer,
      {.type = "webhook_" + what, .subject = "webhook:" + id.text(), .actor = by, .data = std::move(data)});
}

void WebhookStore::Insert(WebhookRow row) {
  database_.Write([&](sql::Writer& writer) {
    if (writer.First<int64_t>("SELECT count(*) FROM webhooks").value_or(0) >= kMost) {
      throw Error(Code::kResourceExhausted,
                  "there are " + std::to_string(kMost) + " webhooks, which is the limit: remove one first");
    }
    Tell(writer, WebhookId::Parse(row.id), "created", {row.created_by});
    row.cursor = writer.LastInsertId();
    writer.Insert("webhooks", row);
  });
}

std::optional<WebhookRow> WebhookStore::Find(const WebhookId& id) {
  return database_.Read([&](sql::Reader& reader) {
    return reader.First<WebhookRow>("SELECT " + sql::Columns<WebhookRow>() + " FROM webhooks WHERE id = ?",
                                    id);
  });
}

std::vector<WebhookRow> WebhookStore::All() {
  return database_.Read([&](sql::Reader& reader) {
    return reader.All<WebhookRow>("SELECT " + sql::Columns<WebhookRow>() +
                                  " FROM webhooks ORDER BY created_at, id");
  });
}

bool WebhookStore::SetEnabled(const WebhookId& id, bool enabled, const Actor& by) {
  return database_.Write([&](sql::Writer& writer) {
    const int64_t found = writer.Run(
        "UPDATE webhooks SET enabled = ?, paused = NULL, failures = 0, failing_since = NULL, next_retry_at = "
        "NULL "
        "WHERE id = ?",
        enabled, id);
    if (found > 0) Tell(writer, id, enabled ? "enabled" : "disabled", by);
    return found > 0;
  });
}

bool WebhookStore::Remove(const WebhookId& id, const Actor& by) {
  return database_.Write([&](sql::Writer& writer) {
    const int64_t found = writer.Run("DELETE FROM webhooks WHERE id = ?", id);
    if (found > 0) Tell(writer, id, "removed", by);
    return found > 0;
  });
}

void WebhookStore::Acknowledge(const WebhookId& id, int64_t event, int status, Instant at) {
  database_.Write([&](sql::Writer& writer) {
    writer.Run(
        "UPDATE webhooks SET cursor = ?, failures = 0, failing_since = NULL, next_retry_at = NULL, "
        "last_error = NULL, last_attempt_at = ?, last_delivered_at = ?, last_status = ? WHERE id = ?",
        event, at, at, status, id);
  });
}

void WebhookStore::Skip(const WebhookId& id, int64_t event) {
  database_.Write(
      [&](sql::Writer& writer) { writer.Run("UPDATE webhooks SET cursor = ? WHERE id = ?", event, id); });
}

void WebhookStore::Fail(const WebhookId& id, const Setback& setback) {
  const bool paused = !setback.next_retry_at;
  database_.Write([&](sql::Writer& writer) {
    const int64_t found = writer.Run(
        "UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, ?), "
        "last_error = ?, last_attempt_at = ?, last_status = ?, next_retry_at = ?, paused = ? WHERE id = ?",
        setback.at, setback.reason, setback.at, setback.status, setback.next_retry_at,
        paused ? std::optional(setback.reason) : std::nullopt, id);
    if (found > 0 && paused) Tell(writer, id, "paused", kServer, {{"reason", setback.reason}});
  });
}

}  // namespace orrery::events::internal
