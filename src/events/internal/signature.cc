#include "events/internal/signature.h"

#include <array>
#include <span>

#include "base/base64.h"
#include "base/check.h"
#include "base/hash.h"

namespace orrery::events::internal {
namespace {

constexpr std::string_view kPrefix = "whsec_";

}  // namespace

std::string DrawSecret(Random& random) {
  std::array<std::byte, 32> bytes;
  random.Fill(bytes);
  return std::string(kPrefix) +
         EncodeBase64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string Sign(std::string_view secret, std::string_view id, std::string_view timestamp,
                 std::string_view body) {
  const auto key = DecodeBase64(secret.substr(kPrefix.size()));
  ORRERY_CHECK(key.has_value());
  std::string signed_text;
  signed_text.append(id).append(".").append(timestamp).append(".").append(body);
  return "v1," + EncodeBase64(HmacSha256(*key, signed_text));
}

}  // namespace orrery::events::internal
