#include "server/tokens.h"

#include <algorithm>
#include <cctype>

#include "base/hash.h"

namespace orrery::server {
namespace {

/// Takes `scheme` and the space behind it off, comparing without case.
bool TakeScheme(std::string_view& authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return false;
  const bool same = std::equal(scheme.begin(), scheme.end(), authorization.begin(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  });
  if (same) authorization.remove_prefix(scheme.size() + 1);
  return same;
}

/// Empty for what is not base64.
std::string DecodeBase64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace

std::optional<Actor> TokenAuthenticator::Authenticate(std::string_view authorization) {
  std::string name;
  std::string token;
  const bool basic = TakeScheme(authorization, "Basic");
  if (basic) {
    const std::string pair = DecodeBase64(authorization);
    const size_t colon = pair.find(':');
    if (colon == std::string::npos) return std::nullopt;
    name = pair.substr(0, colon);
    token = pair.substr(colon + 1);
  } else if (TakeScheme(authorization, "Bearer")) {
    token = authorization;
  }
  // Every token is compared, found or not, so that the time tells nothing; hashes are of one length.
  std::optional<Actor> actor;
  const std::string given = Sha256Hex(token);
  for (const auto& [owner, expected] : tokens_) {
    const bool same = EqualInConstantTime(given, Sha256Hex(expected));
    if (same && (!basic || name == owner)) actor = Actor{owner};
  }
  return actor;
}

}  // namespace orrery::server
