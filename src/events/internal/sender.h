#pragma once

#include <string>

#include "base/clock.h"
#include "base/network.h"
#include "events/receivers.h"
#include "events/webhook.h"

namespace orrery::events::internal {

/// One message to a receiver; `id` stays the same when it is sent again.
struct Message {
  std::string id;
  std::string body;
};

/// Posts signed messages. Safe to call from any thread.
class Sender {
 public:
  /// All must outlive the sender.
  Sender(Network& network, const Receivers& receivers, Clock& clock)
      : network_(network), receivers_(receivers), clock_(clock) {}

  /// Makes one attempt, of at most some 15 s. Follows no redirect and reads nothing of the answer but its status.
  Delivery Send(const std::string& url, const std::string& secret, const Message& message);

 private:
  Network& network_;
  const Receivers& receivers_;
  Clock& clock_;
};

}  // namespace orrery::events::internal
