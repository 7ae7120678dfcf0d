#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery {

/// Base64 with padding (RFC 4648, section 4).
std::string EncodeBase64(std::string_view bytes);
/// None for anything that EncodeBase64 does not write.
std::optional<std::string> DecodeBase64(std::string_view text);

/// Base64 for URLs, without padding (RFC 4648, section 5).
std::string EncodeBase64Url(std::string_view bytes);
/// None for anything that EncodeBase64Url does not write.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace orrery
