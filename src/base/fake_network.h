#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
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

  std::unique_ptr<Connection> Connect(const std::string& host, uint16_t port,
                                      std::chrono::milliseconds) override {
    const std::scoped_lock lock(mutex_);
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

  std::mutex mutex_;  // guards scripts_, sent_
  std::deque<Answer> scripts_;
  std::deque<std::string> sent_;
};

}  // namespace orrery
