#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace orrery::tracking {

/// Whether `path` is one or more plain segments joined by '/': none empty, "." or "..", no backslash, '#',
/// '?', drive letter or control character, valid UTF-8, and all that however often it is percent-decoded:
/// whoever reads the text later, and however, is led nowhere else.
bool IsPlainPath(std::string_view path);

/// The name of an artifact below its owner: "model/MLmodel". Typed, so that no inner function checks it
/// again.
class ArtifactPath {
 public:
  static constexpr size_t kMaxBytes = 4'096;

  /// Errors: invalid_argument, field "path".
  static ArtifactPath Parse(std::string_view text);

  const std::string& text() const { return text_; }
  auto operator<=>(const ArtifactPath&) const = default;

 private:
  std::string text_;
};

}  // namespace orrery::tracking
