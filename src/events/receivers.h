#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/network.h"
#include "net/http_client.h"

namespace orrery::events {

/// A webhook's URL taken apart.
struct ReceiverUrl {
  net::HttpUrl origin;
  std::string target;  ///< path and query: "/hook?team=a"

  /// Errors: invalid_argument, naming "url" (not http or https, user info, a fragment, white space, over 2048 bytes).
  static ReceiverUrl Parse(std::string_view url);
};

/// Says whom webhooks may reach, so that nobody makes the server knock at doors that only it can reach:
///   - https to public addresses;
///   - http or https to this machine's loopback, where `loopback` says so;
///   - http or https to any address of a host that the operator listed.
struct Receivers {
  bool loopback = false;
  std::vector<std::string> hosts;

  /// Why `address`, one of `url`'s host, may not be reached, in words; none: it may.
  std::optional<std::string> WhyNot(const net::HttpUrl& url, std::string_view address) const;
  /// Checks a URL as it is now: its form, its host's addresses. Errors: invalid_argument, naming "url".
  void Check(const std::string& url, Network& network) const;
};

}  // namespace orrery::events
