#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::tracking::internal {

/// The key of a metric, param or tag: 1 to kMaxKeyBytes of letters, digits and `_ - . / : space`, and its own
/// normal form as a relative path ("a//b", "a/../b", "/a" are not). Errors: invalid_argument, naming `field`.
void CheckKey(std::string_view field, std::string_view key);

/// Errors: invalid_argument, naming `field`, when longer than `most` bytes.
void CheckLength(std::string_view field, std::string_view value, size_t most);

/// Same, and not empty.
void CheckName(std::string_view field, std::string_view value, size_t most);

/// A time that the calendar has: years 0000 to 9999.
void CheckMillis(std::string_view field, int64_t millis);

/// `mlflow-artifacts:/path`, or the address of a store that clients reach themselves (s3, gs, ...). Paths of
/// this machine, "..", escapes and control characters are refused.
void CheckArtifactLocation(std::string_view location);

}  // namespace orrery::tracking::internal
