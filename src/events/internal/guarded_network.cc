#include "events/internal/guarded_network.h"

#include "base/error.h"

namespace orrery::events::internal {

/// A connection whose every step checks the deadline: a peer that sends a byte now and then does not hold us for ever.
class GuardedNetwork::Bounded final : public Connection {
 public:
  Bounded(std::unique_ptr<Connection> inner, Clock& clock, Clock::Monotonics deadline)
      : inner_(std::move(inner)), clock_(clock), deadline_(deadline) {}

  size_t Read(std::span<std::byte> out) override {
    CheckTime();
    return inner_->Read(out);
  }
  void Write(std::span<const std::byte> data) override {
    CheckTime();
    inner_->Write(data);
  }

 private:
  void CheckTime() {
    if (clock_.Monotonic() > deadline_)
      throw Error(Code::kUnavailable, "the receiver took too long to answer");
  }

  std::unique_ptr<Connection> inner_;
  Clock& clock_;
  Clock::Monotonics deadline_;
};

std::unique_ptr<Connection> GuardedNetwork::Connect(const std::string& host, uint16_t port,
                                                    std::chrono::milliseconds timeout) {
  const std::vector<std::string> addresses = inner_.Resolve(host);
  for (const std::string& address : addresses) {
    if (const auto why = receivers_.WhyNot(url_, address))
      throw Error(Code::kPermissionDenied, "the receiver may not be reached: " + *why);
  }
  std::string last = "no address: " + host;
  for (const std::string& address : addresses) {
    try {
      return std::make_unique<Bounded>(inner_.Connect(address, port, timeout), clock_, deadline_);
    } catch (const Error& error) {
      last = error.what();  // another address of the same name may answer
    }
    if (clock_.Monotonic() > deadline_) break;
  }
  throw Error(Code::kUnavailable, last);
}

}  // namespace orrery::events::internal
