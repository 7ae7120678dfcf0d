#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json_parse.h"

/// The one thing that MLflow's clients write and JSON does not have: bare NaN, Infinity and -Infinity.
namespace orrery::compat::mlflow {

/// Parses JSON in which such words may stand as values; NonFiniteOf() recognises them afterwards, and to every
/// other reader they are an object, which no field is. Errors: those of ParseJson.
json::value ParseLenientJson(std::string_view text);

/// The double that a bare word of `ParseLenientJson` stands for; none for any other value.
std::optional<double> NonFiniteOf(const json::value& value);

/// The double named "NaN", "Infinity" or "-Infinity"; none for any other text.
std::optional<double> NonFiniteNamed(std::string_view text);

}  // namespace orrery::compat::mlflow
