#pragma once

#include <span>
#include <string>
#include <string_view>

namespace orrery::http {

/// Whether a Host header may be answered: a loopback name, an IP address, or one of `names`, with any port.
///
/// A page of another site can make a browser reach us under that site's name (DNS rebinding), never under one
/// of these: an address as Host means that the page itself came from there.
bool HostAllowed(std::string_view host, std::span<const std::string> names);

/// Whether a request that changes something may come from a page of `origin`: only from one that we served,
/// that is "http(s)://" + `host`. An empty origin means that no page sent it.
bool OriginAllowed(std::string_view origin, std::string_view host);

/// Whether `address` (no port, no brackets) is an IP address; and a loopback one.
bool IsAddress(const std::string& address);
bool IsLoopback(const std::string& address);

}  // namespace orrery::http
