#include "events/receivers.h"

#include <algorithm>

#include "base/error.h"
#include "net/address.h"

namespace orrery::events {
namespace {

constexpr size_t kLongestUrl = 2048;

}  // namespace

ReceiverUrl ReceiverUrl::Parse(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    throw InvalidField("url", std::string(why) + ", got " + Quoted(url));
  };
  if (url.size() > kLongestUrl) refuse("expected at most 2048 bytes");
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::ranges::all_of(url, visible))
    refuse("white space and other than ASCII have to be percent-encoded");
  if (url.find('#') != std::string_view::npos) refuse("a fragment is never sent: leave it out");
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) refuse("expected https://HOST/PATH");
  const size_t path = std::min(url.find_first_of("/?", scheme + 3), url.size());
  ReceiverUrl parsed{.origin = net::HttpUrl::Parse(url.substr(0, path)),
                     .target = std::string(url.substr(path))};
  if (!parsed.target.starts_with('/')) parsed.target.insert(0, "/");
  return parsed;
}

std::optional<std::string> Receivers::WhyNot(const net::HttpUrl& url, std::string_view address) const {
  const net::Reach reach = net::ReachOf(address);
  if (reach == net::Reach::kNone) return "no machine has the address " + std::string(address);
  if (std::ranges::find(hosts, url.host) != hosts.end()) return std::nullopt;
  if (reach == net::Reach::kLoopback) {
    if (loopback) return std::nullopt;
    return "it leads to the server's own machine; the server's operator can allow the host by webhook_hosts";
  }
  if (reach == net::Reach::kPrivate) {
    return "it leads to a private address; the server's operator can allow the host by webhook_hosts";
  }
  if (!url.tls) return "events would travel unencrypted: use https";
  return std::nullopt;
}

void Receivers::Check(const std::string& url, Network& network) const {
  const ReceiverUrl parsed = ReceiverUrl::Parse(url);
  std::vector<std::string> addresses;
  try {
    addresses = network.Resolve(parsed.origin.host);
  } catch (const Error& error) {
    throw InvalidField("url", error.what());
  }
  for (const std::string& address : addresses) {
    if (const auto why = WhyNot(parsed.origin, address)) throw InvalidField("url", "not allowed: " + *why);
  }
}

}  // namespace orrery::events
