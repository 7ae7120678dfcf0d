#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orrery::http {

/// The decoded query of a target; keys may repeat, and keep their order.
class Query {
 public:
  /// Errors: invalid_argument (a malformed escape, NUL, invalid UTF-8).
  static Query Parse(std::string_view text);

  /// The only value of `name`. Errors: invalid_argument when it is given twice, naming it.
  std::optional<std::string> Find(std::string_view name) const;
  /// The only value of `name`, or `otherwise`.
  std::string Get(std::string_view name, std::string_view otherwise = {}) const;
  /// Every value of `name`, in order.
  std::vector<std::string> All(std::string_view name) const;
  /// The only value of `name` as a number in [least, most], or `otherwise`.
  /// Errors: invalid_argument, naming it.
  int64_t Integer(std::string_view name, int64_t otherwise, int64_t least, int64_t most) const;
  /// "true" or "false", or `otherwise`. Errors: invalid_argument, naming it.
  bool Flag(std::string_view name, bool otherwise) const;
  /// Refuses keys that are not among `names`: a filter that is silently ignored answers the wrong question.
  /// Errors: invalid_argument, naming the key.
  void RefuseOthers(std::initializer_list<std::string_view> names) const;

  bool empty() const { return pairs_.empty(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// A request target, split and decoded once; everything routes and authorises on this one reading of it.
struct Target {
  std::string path;                   ///< decoded: "/a/b c"
  std::string raw_path;               ///< as sent: "/a/b%20c"
  std::vector<std::string> segments;  ///< decoded: {"a", "b c"}; a trailing slash leaves an empty last one
  Query query;
};

/// Reads a target in origin form ("/path?query") or absolute form ("http://host/path?query").
///
/// Refuses what two readers could understand differently: malformed escapes, NUL and control characters,
/// backslashes, encoded slashes, invalid UTF-8, empty segments, "." and ".." (encoded or with ";..."), a
/// second layer of encoding over any of these, and a fragment. Errors: invalid_argument.
Target ParseTarget(std::string_view text);

/// Percent-decodes `text`; '+' is a space where `plus_is_space`. Errors: invalid_argument (malformed escape).
std::string PercentDecode(std::string_view text, bool plus_is_space);
/// Encodes all but unreserved characters (and '/' where `keep_slash`).
std::string PercentEncode(std::string_view text, bool keep_slash = false);

}  // namespace orrery::http
