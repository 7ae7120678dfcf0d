#pragma once

#include <string_view>
#include <vector>

#include "tracking/traces.h"

namespace orrery::compat::mlflow {

/// Reads an ExportTraceServiceRequest (OpenTelemetry's protocol, protobuf form): the spans of all its resources and
/// scopes. A trace's id becomes "tr-" and its hex digits; the content of a span is its protobuf JSON form, with bytes in
/// base64, as MLflow's client reads it back.
/// Errors: invalid_argument (not such a message; a span without ids; values nested deeper than 32).
std::vector<tracking::Span> ReadOtlpSpans(std::string_view request);

}  // namespace orrery::compat::mlflow
