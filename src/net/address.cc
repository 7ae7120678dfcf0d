#include "net/address.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace orrery::net {
namespace {

using Bytes = std::array<uint8_t, 16>;

struct Range {
  const char* network;
  size_t bits;
  Reach reach;
};

// The special-purpose registries of IANA (RFC 6890 and its successors), narrower ranges first.
constexpr Range kFour[] = {
    {"0.0.0.0", 8, Reach::kNone},         {"10.0.0.0", 8, Reach::kPrivate},
    {"100.64.0.0", 10, Reach::kPrivate},  {"127.0.0.0", 8, Reach::kLoopback},
    {"169.254.0.0", 16, Reach::kPrivate}, {"172.16.0.0", 12, Reach::kPrivate},
    {"192.0.0.0", 24, Reach::kPrivate},   {"192.0.2.0", 24, Reach::kNone},
    {"192.168.0.0", 16, Reach::kPrivate}, {"198.18.0.0", 15, Reach::kPrivate},
    {"198.51.100.0", 24, Reach::kNone},   {"203.0.113.0", 24, Reach::kNone},
    {"224.0.0.0", 3, Reach::kNone},
};
constexpr Range kSix[] = {
    {"::1", 128, Reach::kLoopback},   {"::", 96, Reach::kNone},        {"100::", 64, Reach::kNone},
    {"2001:db8::", 32, Reach::kNone}, {"2001::", 23, Reach::kNone},    {"fc00::", 7, Reach::kPrivate},
    {"fe80::", 10, Reach::kPrivate},  {"fec0::", 10, Reach::kPrivate}, {"ff00::", 8, Reach::kNone},
};
/// Where an IPv4 address stands within an IPv6 one.
struct Carrier {
  const char* prefix;
  size_t bits;
  size_t at;
};
constexpr Carrier kCarriers[] = {
    {"::ffff:0:0", 96, 12}, {"64:ff9b::", 96, 12}, {"64:ff9b:1::", 48, 12}, {"2002::", 16, 2}};

bool Within(std::span<const uint8_t> address, std::span<const uint8_t> network, size_t bits) {
  const size_t whole = bits / 8;
  if (!std::equal(network.begin(), network.begin() + static_cast<ptrdiff_t>(whole), address.begin()))
    return false;
  const auto mask = static_cast<uint8_t>(0xff00u >> (bits % 8));
  return bits % 8 == 0 || (address[whole] & mask) == (network[whole] & mask);
}

template <size_t kSize>
std::array<uint8_t, kSize> Parse(int family, const char* text) {
  std::array<uint8_t, kSize> out{};
  inet_pton(family, text, out.data());
  return out;
}

Reach ReachOfFour(std::span<const uint8_t> address) {
  for (const Range& range : kFour) {
    if (Within(address, Parse<4>(AF_INET, range.network), range.bits)) return range.reach;
  }
  return Reach::kPublic;
}

Reach ReachOfSix(const Bytes& address) {
  for (const Carrier& carrier : kCarriers) {
    if (Within(address, Parse<16>(AF_INET6, carrier.prefix), carrier.bits))
      return ReachOfFour(std::span(address).subspan(carrier.at, 4));
  }
  for (const Range& range : kSix) {
    if (Within(address, Parse<16>(AF_INET6, range.network), range.bits)) return range.reach;
  }
  return Reach::kPublic;
}

}  // namespace

Reach ReachOf(std::string_view address) {
  // A link-local address may come with its interface: "fe80::1%eth0".
  const std::string text(address.substr(0, address.find('%')));
  std::array<uint8_t, 4> four{};
  if (inet_pton(AF_INET, text.c_str(), four.data()) == 1) return ReachOfFour(four);
  Bytes six{};
  if (inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return ReachOfSix(six);
  return Reach::kNone;
}

}  // namespace orrery::net
