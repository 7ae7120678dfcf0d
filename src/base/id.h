#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"

namespace orrery {

/// A name from outside that became a typed value at the edge: letters, digits, '_' and '-', at most 255,
/// first a letter or digit. So it is safe in a path, a URL and a message, and no inner function checks it
/// again.
///
///   struct RunTag { static constexpr std::string_view kField = "run_id"; };
///   using RunId = Id<RunTag>;
template <typename Tag>
class Id {
 public:
  Id() = default;

  /// Errors: invalid_argument, naming Tag::kField.
  static Id Parse(std::string_view text) {
    if (!Valid(text)) {
      throw InvalidField(Tag::kField,
                         "not an id: expected 1 to 255 letters, digits, '_' or '-', got " + Quoted(text));
    }
    Id id;
    id.text_ = text;
    return id;
  }
  /// 32 random hex digits.
  static Id Draw(Random& random) { return Parse(random.Hex(16)); }

  const std::string& text() const { return text_; }
  auto operator<=>(const Id&) const = default;

 private:
  static bool Valid(std::string_view text) {
    if (text.empty() || text.size() > 255) return false;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!alphanumeric && (i == 0 || (c != '_' && c != '-'))) return false;
    }
    return true;
  }

  std::string text_;
};

}  // namespace orrery

template <typename Tag>
struct std::hash<orrery::Id<Tag>> {
  size_t operator()(const orrery::Id<Tag>& id) const { return std::hash<std::string>()(id.text()); }
};
