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
  writer.Run("DELETE FROM idempotency_keys WHERE kept_at < ?", now - kIdempotencyKept);
  writer.Run("INSERT INTO idempotency_keys (actor, key, request, answer, kept_at) VALUES (?, ?, ?, ?, ?)",
             key.actor, key.key, key.request, answer, now);
}

}  // namespace orrery::sql
