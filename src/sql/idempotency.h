#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/hash.h"
#include "base/instant.h"
#include "sql/database.h"

namespace orrery::sql {

/// Names one mutating request for all its repetitions: an actor's key, and what was asked under it.
struct IdempotencyKey {
  std::string actor;
  std::string key;  ///< 1 to 255 printable ASCII characters, chosen by the client
  Digest request;   ///< of everything that makes the request what it is
};

/// Keys are kept this long, and the newest thousand longer; a later repetition is a new request.
inline constexpr Microseconds kIdempotencyKept = std::chrono::hours(7 * 24);

/// What was answered to `key` before; none when it is new.
/// Errors: invalid_argument (a malformed key), aborted (the key was used for another request).
std::optional<std::string> FindAnswer(Reader& reader, const IdempotencyKey& key);

/// Keeps `answer` in the transaction of the request's own effect: one key has one effect. Look with
/// FindAnswer in the same transaction first. Forgets some keys older than kIdempotencyKept.
void KeepAnswer(Writer& writer, const IdempotencyKey& key, const std::string& answer, Instant now);

std::span<const Migration> IdempotencyMigrations();

}  // namespace orrery::sql
