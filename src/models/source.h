#pragma once

#include <string>
#include <string_view>

namespace orrery::models {

/// Where a version says that its files come from, read from a URI.
///
///   runs:/RUN/path          files of a run
///   models:/m-ID            a logged model
///   models:/NAME/REFERENCE  another version: a number, a stage or "latest"
///   models:/NAME@ALIAS
///   mlflow-artifacts:/path  files in this server's own store
///
/// Nothing else is a source: a local path, a host, a query, a fragment, a dot segment in any depth of
/// encoding is refused, so that no later reader of the text can be led elsewhere.
struct Source {
  enum class Kind { kRun, kLoggedModel, kVersion, kArtifacts };

  Kind kind = Kind::kRun;
  std::string id;         ///< run id, logged model id, or name of the registered model
  std::string path;       ///< below the run, or the whole path of kArtifacts without its first slash
  std::string reference;  ///< kVersion: number, stage or "latest"
  std::string alias;      ///< kVersion: alias, instead of `reference`

  /// Errors: invalid_argument, field "source".
  static Source Parse(std::string_view text);
};

/// Whether the URI `source` names `root` or lies below it. Both are of the form mlflow-artifacts:/...
bool IsWithin(std::string_view source, std::string_view root);

}  // namespace orrery::models
