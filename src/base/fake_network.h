#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/network.h"

namespace orrery {

/// A network of scripted answers: each connection plays the next script, in pieces of the given sizes, and records what
/// was sent to it.
class FakeNetwork final : public Network {
 public:
  /// `answer` is what the peer sends; "" closes at once. `piece` is how many bytes one read returns at most.
  void Script(std::string answer, size_t piece = 1 << 20) {
    const std::scoped_lock lock(mutex_);
    scripts_.push_back({std::move(answer), piece});
  }
  /// What was written, by connection.
  std::vector<std::string> sent() {
    const std::scoped_lock lock(mutex_);
    return {sent_.begin(), sent_.end()};
  }

  /// What `host` resolves to from now on; a host without addresses of its own is its own address.
  void SetAddresses(const std::string& host, std::vector<std::string> addresses) {
    const std::scoped_lock lock(mutex_);
    addresses_[host] = std::move(addresses);
  }
  /// Whom was connected to, "host:port" each.
  std::vector<std::string> peers() {
    const std::scoped_lock lock(mutex_);
    return peers_;
  }

  std::vector<std::string> Resolve(const std::string& host) override {
    const std::scoped_lock lock(mutex_);
    const auto found = addresses_.find(host);
    return found == addresses_.end() ? std::vector{host} : found->second;
  }
  std::unique_ptr<Connection> Connect(const std::string& host, uint16_t port,
                                      std::chrono::milliseconds) override {
    const std::scoped_lock lock(mutex_);
    peers_.push_back(host + ":" + std::to_string(port));
    if (scripts_.empty())
      throw Error(Code::kUnavailable, "cannot connect to " + host + ":" + std::to_string(port));
    auto connection = std::make_unique<FakeConnection>(*this, sent_.size(), std::move(scripts_.front()));
    scripts_.pop_front();
    sent_.emplace_back();
    return connection;
  }

 private:
  struct Answer {
    std::string bytes;
    size_t piece;
  };
  class FakeConnection final : public Connection {
   public:
    FakeConnection(FakeNetwork& network, size_t index, Answer answer)
        : network_(network), index_(index), answer_(std::move(answer)) {}
    size_t Read(std::span<std::byte> out) override {
      const size_t size = std::min({out.size(), answer_.piece, answer_.bytes.size()});
      std::memcpy(out.data(), answer_.bytes.data(), size);
      answer_.bytes.erase(0, size);
      return size;
    }
    void Write(std::span<const std::byte> data) override {
      const std::scoped_lock lock(network_.mutex_);
      network_.sent_[index_].append(reinterpret_cast<const char*>(data.data()), data.size());
    }

   private:
    FakeNetwork& network_;
    size_t index_;
    Answer answer_;
  };

  std::mutex mutex_;  // guards what follows
  std::map<std::string, std::vector<std::string>> addresses_;
  std::vector<std::string> peers_;
  std::deque<Answer> scripts_;
  std::deque<std::string> sent_;
};

}  // namespace orrery
