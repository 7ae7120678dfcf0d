#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/network.h"
#include "events/receivers.h"

namespace orrery::events::internal {

/// The network as one delivery may use it: connects only to an address that was judged just before, so that a name that
/// resolves elsewhere the next moment gains nothing, and ends what takes longer than a deadline in all.
class GuardedNetwork final : public Network {
 public:
  /// All must outlive this object. `deadline` is on the monotonic clock.
  GuardedNetwork(Network& inner, const Receivers& receivers, const net::HttpUrl& url, Clock& clock,
                 Clock::Monotonics deadline)
      : inner_(inner), receivers_(receivers), url_(url), clock_(clock), deadline_(deadline) {}

  /// Errors: permission_denied (an address of the host may not be reached), unavailable.
  std::unique_ptr<Connection> Connect(const std::string& host, uint16_t port,
                                      std::chrono::milliseconds timeout) override;
  std::vector<std::string> Resolve(const std::string& host) override { return inner_.Resolve(host); }

 private:
  class Bounded;

  Network& inner_;
  const Receivers& receivers_;
  const net::HttpUrl& url_;
  Clock& clock_;
  Clock::Monotonics deadline_;
};

}  // namespace orrery::events::internal
