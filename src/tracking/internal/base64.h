#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery::tracking::internal {

/// Base64 for URLs (RFC 4648, section 5), without padding.
std::string EncodeBase64(std::string_view bytes);
/// None for anything that EncodeBase64 does not write.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace orrery::tracking::internal
