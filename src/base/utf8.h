#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view text);

/// `text` with every malformed byte replaced by U+FFFD.
std::string RepairUtf8(std::string_view text);

/// The longest prefix of `text` of at most `bytes` bytes that does not cut a character.
std::string_view CutUtf8(std::string_view text, size_t bytes);

}  // namespace orrery
