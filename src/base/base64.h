#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery {

/// Base64 with padding (RFC 4648, section 4).
std::string EncodeBase64(std::string_view bytes);
/// None for anything that EncodeBase64 does not write.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace orrery
