#pragma once

#include <optional>
#include <string>

namespace orrery::jobs {

/// The name of a container image, taken apart: "docker.io/library/python:3.11" or with "@sha256:..." behind it.
struct ImageReference {
  std::string name;    ///< with its registry: "docker.io/library/python"
  std::string tag;     ///< "3.11"; empty where a digest alone names it
  std::string digest;  ///< 64 hex digits, or empty

  /// What is fetched: by its digest where that is known, since tags move.
  std::string Exact() const { return digest.empty() ? name + ":" + tag : name + "@sha256:" + digest; }
};

/// Takes `text` apart; without tag and digest it is the tag "latest". None: it is no such name.
std::optional<ImageReference> ParseImageReference(const std::string& text);

}  // namespace orrery::jobs
