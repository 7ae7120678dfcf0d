#include "tracking/internal/checks.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "tracking/limits.h"

namespace orrery::tracking::internal {
namespace {

constexpr int64_t kYear0 = -62'167'219'200'000;
constexpr int64_t kYear10000 = 253'402'300'800'000;

bool IsKeyCharacter(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_-./: ").find(c) != std::string_view::npos;
}

/// Calls `check` for each part between slashes; true when all pass.
template <typename Check>
bool EachPart(std::string_view path, Check check) {
  for (;;) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (!check(path.substr(0, slash))) return false;
    if (slash == path.size()) return true;
    path.remove_prefix(slash + 1);
  }
}

bool IsNormalPath(std::string_view path) {
  return EachPart(path, [](std::string_view part) { return !part.empty() && part != "." && part != ".."; });
}

}  // namespace

void CheckKey(std::string_view field, std::string_view key) {
  CheckName(field, key, kMaxKeyBytes);
  if (!std::all_of(key.begin(), key.end(), IsKeyCharacter)) {
    throw Error(Code::kInvalidArgument,
                "Invalid value " + Quoted(key) + " for parameter '" + std::string(field) +
                    "' supplied: it may only contain letters, digits, underscores (_), dashes (-), periods "
                    "(.), spaces ( ), "
                    "colons (:) and slashes (/)",
                std::string(field));
  }
  if (!IsNormalPath(key)) {
    throw Error(
        Code::kInvalidArgument,
        "Invalid value " + Quoted(key) + " for parameter '" + std::string(field) +
            "' supplied: it must be unique as a path, with no leading or doubled '/', no '.' or '..' part",
        std::string(field));
  }
}

void CheckLength(std::string_view field, std::string_view value, size_t most) {
  if (value.size() <= most) return;
  throw InvalidField(field, "exceeds the maximum length of " + std::to_string(most) + " bytes: has " +
                                std::to_string(value.size()));
}

void CheckName(std::string_view field, std::string_view value, size_t most) {
  if (value.empty()) throw InvalidField(field, "must not be empty");
  CheckLength(field, value, most);
}

void CheckMillis(std::string_view field, int64_t millis) {
  if (millis >= kYear0 && millis < kYear10000) return;
  throw InvalidField(field, "must be milliseconds since the epoch, in the years 0000 to 9999, got " +
                                std::to_string(millis));
}

void CheckArtifactLocation(std::string_view location) {
  constexpr std::string_view kField = "artifact_location";
  constexpr std::string_view kRemote[] = {"s3",    "gs",   "r2",     "abfs", "abfss", "wasb",
                                          "wasbs", "hdfs", "viewfs", "dbfs", "http",  "https"};
  CheckLength(kField, location, kMaxArtifactLocationBytes);
  const size_t colon = std::min(location.find(':'), location.size());
  const std::string_view scheme = location.substr(0, colon);
  std::string_view rest = location.substr(std::min(colon + 1, location.size()));
  const bool proxied = scheme == "mlflow-artifacts" && rest.starts_with('/') && !rest.starts_with("//");
  const bool remote = std::find(std::begin(kRemote), std::end(kRemote), scheme) != std::end(kRemote) &&
                      (rest.starts_with("//") || scheme == "dbfs");
  if (!proxied && !remote) {
    throw InvalidField(
        kField,
        "expected mlflow-artifacts:/PATH or the address of a remote store such as s3://BUCKET/PATH, got " +
            Quoted(location));
  }
  const auto unsafe = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
           std::string_view("%?#\\").find(c) != std::string_view::npos;
  };
  if (std::any_of(rest.begin(), rest.end(), unsafe) ||
      !EachPart(rest, [](std::string_view part) { return part != "." && part != ".."; })) {
    throw InvalidField(
        kField, "must not contain '..', '%', '?', '#', '\\' or control characters, got " + Quoted(location));
  }
}

}  // namespace orrery::tracking::internal
