#pragma once

#include <optional>
#include <string_view>

#include "compat/mlflow/mlflow.h"

namespace orrery::compat::mlflow {

/// An artifact as its owner and its name there; no path is the owner's root.
struct ArtifactLocation {
  tracking::ArtifactOwner owner;
  std::optional<tracking::ArtifactPath> path;
};

/// Finds whose artifact the proxy's path (EXPERIMENT/RUN/artifacts/NAME, EXPERIMENT/models/MODEL/artifacts/NAME, EXPERIMENT/traces/TRACE/artifacts/NAME,
/// or the same below an experiment's own location) is: that of the run or logged model whose root is a prefix
/// of it. None where there is no such owner. Errors: invalid_argument (not a plain path).
std::optional<ArtifactLocation> Locate(const Services& services, std::string_view proxied_path);

/// The same for mlflow-artifacts:/PATH and runs:/RUN/NAME.
std::optional<ArtifactLocation> LocateUri(const Services& services, std::string_view uri);

/// The bytes of `path`, with the headers that keep a browser from running them, ranges and ETag.
/// Errors: not_found, invalid_argument (a folder).
http::Response Download(const Services& services, const http::Request& request,
                        const tracking::ArtifactOwner& owner, const tracking::ArtifactPath& path);

/// Writes the request's body into `upload` as it arrives. Errors: invalid_argument (longer than `most_bytes`).
void TakeBody(http::Request& request, content::Store::Upload& upload, uint64_t most_bytes);

/// Stores the request's body as `path`.
void Upload(const Services& services, http::Request& request, const tracking::ArtifactOwner& owner,
            const tracking::ArtifactPath& path, uint64_t most_bytes);

}  // namespace orrery::compat::mlflow
