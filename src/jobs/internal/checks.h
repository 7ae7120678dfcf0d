#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

/// Checks of single fields. Each throws invalid_argument with the field, its value and what would be right.
namespace orrery::jobs::internal {

/// Text without NUL, well-formed and of a bounded length.
void CheckText(const std::string& field, const std::string& text, size_t most);

/// A name that people read in one line.
void CheckName(const std::string& field, const std::string& name, size_t most);

/// Whether `text` is 1 to `most` letters, digits, '_' or characters of `also`.
bool IsToken(std::string_view text, std::string_view also, size_t most);

/// 1 to `most` letters, digits, '_' or characters of `also`.
void CheckToken(const std::string& field, const std::string& text, std::string_view also, size_t most);

template <typename T>
void CheckRange(const std::string& field, T value, T least, T most) {
  if (value < least || value > most) {
    throw InvalidField(field, "expected " + std::to_string(least) + " to " + std::to_string(most) + ", got " +
                                  std::to_string(value));
  }
}

}  // namespace orrery::jobs::internal
