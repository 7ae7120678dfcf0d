#include "http/internal/same_site.h"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace orrery::http {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool IsPort(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "[::1]:70" -> "::1"; "Name:70" -> "name"; empty when malformed.
std::string HostName(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = host.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !IsPort(rest.substr(1)))) return {};
    return Lower(host.substr(1, end - 1));
  }
  const size_t colon = host.find(':');
  if (colon != std::string_view::npos && !IsPort(host.substr(colon + 1))) return {};
  return Lower(host.substr(0, colon));
}

}  // namespace

bool IsAddress(const std::string& address) {
  in6_addr parsed{};
  return inet_pton(AF_INET, address.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

bool IsLoopback(const std::string& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool HostAllowed(std::string_view host, std::span<const std::string> names) {
  const std::string name = HostName(host);
  if (name.empty()) return false;
  if (name == "localhost" || name.ends_with(".localhost") || IsAddress(name)) return true;
  return std::ranges::any_of(names, [&](const std::string& known) { return Lower(known) == name; });
}

bool OriginAllowed(std::string_view origin, std::string_view host) {
  if (origin.empty()) return true;
  const std::string text = Lower(origin);
  const std::string own = Lower(host);
  return text == "http://" + own || text == "https://" + own;
}

}  // namespace orrery::http
