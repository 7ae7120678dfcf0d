#include "sql/idempotency.h"

#include <algorithm>

#include <boost/describe/class.hpp>

namespace orrery::sql {
namespace {

constexpr Migration kMigrations[] = {
    {"idempotency", 1,
     "CREATE TABLE idempotency_keys (actor TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, "
     "answer TEXT NOT NULL, kept_at INTEGER NOT NULL, PRIMARY KEY (actor, key)) STRICT;"
     "CREATE INDEX idempotency_keys_by_age ON idempotency_keys (kept_at)"},
};

/// This many keys are kept whatever the clock says.
constexpr int64_t kNewestKept = 1'000;

struct KeptAnswer {
  std::string request;
  std::string answer;
};
BOOST_DESCRIBE_STRUCT(KeptAnswer, (), (request, answer))

void CheckKey(const std::string& key) {
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (key.empty() || key.size() > 255 || !printable) {
    throw InvalidField("Idempotency-Key", "expected 1 to 255 printable ASCII characters, got " + Quoted(key));
  }
}

}  // namespace

std::span<const Migration> IdempotencyMigrations() {
  return kMigrations;
}

std::optional<std::string> FindAnswer(Reader& reader, const IdempotencyKey& key) {
  CheckKey(key.key);
  auto kept = reader.First<KeptAnswer>(
      "SELECT request, answer FROM idempotency_keys WHERE actor = ? AND key = ?", key.actor, key.key);
  if (!kept) return std::nullopt;
  if (kept->request != key.request.text()) {
    throw Error(Code::kAborted,
                "this Idempotency-Key was used for another request: choose a new key, got " + Quoted(key.key),
                "Idempotency-Key");
  }
  return std::move(kept->answer);
}

void KeepAnswer(Writer& writer, const IdempotencyKey& key, const std::string& answer, Instant now) {
  // A few at a time, the oldest first, and none of the newest: a wall clock that is set forward makes every key old, and
  // those that are about to be repeated must outlive it.
  writer.Run(
      "DELETE FROM idempotency_keys WHERE (actor, key) IN (SELECT actor, key FROM idempotency_keys WHERE "
      "kept_at < ? "
      "AND kept_at < (SELECT kept_at FROM idempotency_keys ORDER BY kept_at DESC LIMIT 1 OFFSET ?) "
      "ORDER BY kept_at LIMIT 2)",
      now - kIdempotencyKept, kNewestKept);
  writer.Run("INSERT INTO idempotency_keys (actor, key, request, answer, kept_at) VALUES (?, ?, ?, ?, ?)",
             key.actor, key.key, key.request, answer, now);
}

}  // namespace orrery::sql
