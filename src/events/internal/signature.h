#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace orrery::events::internal {

/// A new secret in the form that receivers' libraries take: "whsec_" and 32 random bytes in Base64.
std::string DrawSecret(Random& random);

/// The value of webhook-signature for one delivery, "v1,BASE64": HMAC-SHA256 over "ID.TIMESTAMP.BODY", under the bytes
/// of the secret (Standard Webhooks 1.0). `timestamp` is in seconds since the epoch.
std::string Sign(std::string_view secret, std::string_view id, std::string_view timestamp,
                 std::string_view body);

}  // namespace orrery::events::internal
