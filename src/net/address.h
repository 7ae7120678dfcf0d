#pragma once

#include <string_view>

namespace orrery::net {

/// Where a numeric address leads.
enum class Reach {
  kLoopback,  ///< this machine alone
  kPrivate,  ///< a network of one's own: private, link-local, shared or unique-local ranges, and cloud metadata
  kPublic,  ///< anywhere else that one machine answers
  kNone,    ///< no address, or one that no single machine has: unspecified, multicast, reserved
};

/// Judges a numeric IPv4 or IPv6 address; one that carries an IPv4 address (mapped, NAT64, 6to4) by that one.
Reach ReachOf(std::string_view address);

}  // namespace orrery::net
