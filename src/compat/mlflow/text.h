#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// MLflow counts lengths in characters.
namespace orrery::compat::mlflow {

inline constexpr size_t kParamValueLength = 6'000;
inline constexpr size_t kTagValueLength = 8'000;
inline constexpr size_t kExperimentNameLength = 500;
inline constexpr size_t kExperimentTagValueLength = 20'000;
inline constexpr size_t kRunNameLength = 500;

/// How many characters `text`, which is UTF-8, has.
size_t CountCharacters(std::string_view text);

/// The first `most` characters of `text`.
std::string CutCharacters(std::string text, size_t most);

/// Errors: invalid_argument.
void CheckLength(std::string_view field, std::string_view text, size_t most);

}  // namespace orrery::compat::mlflow
