#include "events/internal/sender.h"

#include <chrono>

#include "base/build_info.h"
#include "base/error.h"
#include "events/internal/guarded_network.h"
#include "events/internal/signature.h"
#include "net/http_client.h"

namespace orrery::events::internal {
namespace {

constexpr std::chrono::seconds kForOneStep{5};
constexpr std::chrono::seconds kInAll{10};

std::string StatusText(int status) {
  std::string text = "the receiver answered " + std::to_string(status);
  if (status / 100 == 3) text += ": redirects are not followed, use the URL that it leads to";
  return text;
}

}  // namespace

Delivery Sender::Send(const std::string& url, const std::string& secret, const Message& message) {
  const ReceiverUrl receiver = ReceiverUrl::Parse(url);
  const std::string timestamp =
      std::to_string(std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch().count());
  GuardedNetwork network(network_, receivers_, receiver.origin, clock_, clock_.Monotonic() + kInAll);
  try {
    net::HttpClient client(network, receiver.origin, {}, kForOneStep);
    const int status = client.SendForStatus(
        {.method = "POST",
         .target = receiver.target,
         .headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "Orrery/" + ThisBuild().version},
                     {"webhook-id", message.id},
                     {"webhook-timestamp", timestamp},
                     {"webhook-signature", Sign(secret, message.id, timestamp, message.body)}},
         .body = message.body});
    if (status / 100 == 2) return {.delivered = true, .status = status};
    return {.status = status, .error = StatusText(status)};
  } catch (const Error& error) {
    return {.error = error.what()};
  }
}

}  // namespace orrery::events::internal
