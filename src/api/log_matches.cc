#include "api/log_matches.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/json.h"

namespace orrery::api {
namespace {

constexpr size_t kBlock = 256u << 10;
constexpr size_t kEnough = 128u << 10;

/// Turns the bytes of a log into lines of JSON, a limited amount at a time.
class MatchLines {
 public:
  MatchLines(jobs::LogSearch search, MatchRange range) : search_(std::move(search)), range_(range) {}

  /// Whether all that was put is taken.
  bool idle() const { return at_ == bytes_.size(); }
  /// Whether nothing more will come.
  bool over() const { return enough_ || (ended_ && idle() && finished_); }
  /// `next` is the offset of what follows.
  void Put(jobs::LogPart part) {
    bytes_ = std::move(part.bytes);
    next_ = static_cast<int64_t>(part.next);
    at_ = 0;
  }
  void End() { ended_ = true; }

  std::string Take() {
    // Small pieces: each may be nothing but matches.
    constexpr size_t kPiece = 4u << 10;
    std::string out;
    const auto sink = [&](const jobs::LogMatch& match) {
      if (match.offset >= range_.from) {
        out += ToJson(match) + "\n";
        --range_.most;
      }
      return range_.most > 0;
    };
    while (out.size() < kEnough && !enough_ && !idle()) {
      const std::string_view piece = std::string_view(bytes_).substr(at_, kPiece);
      at_ += piece.size();
      enough_ = !search_.Take(piece, sink);
      if (idle()) search_.MoveTo(next_);
    }
    if (ended_ && idle() && !enough_ && !std::exchange(finished_, true)) search_.Finish(sink);
    return out;
  }

 private:
  jobs::LogSearch search_;
  MatchRange range_;
  std::string bytes_;
  size_t at_ = 0;
  int64_t next_ = 0;
  bool ended_ = false;     ///< of the log
  bool finished_ = false;  ///< of the search
  bool enough_ = false;
};

class StoredMatches final : public http::BodySource {
 public:
  StoredMatches(std::unique_ptr<jobs::AttemptLog> log, jobs::LogSearch search, MatchRange range)
      : log_(std::move(log)), size_(log_ == nullptr ? 0 : log_->Size()), lines_(std::move(search), range) {}

  std::optional<uint64_t> Length() const override { return std::nullopt; }

  size_t Read(std::span<std::byte> out) override {
    while (out_.empty()) {
      if (lines_.over()) return 0;
      if (lines_.idle()) Fill();
      out_ = lines_.Take();
    }
    const size_t size = std::min(out.size(), out_.size());
    std::memcpy(out.data(), out_.data(), size);
    out_.erase(0, size);
    return size;
  }

 private:
  void Fill() {
    jobs::LogPart part{.bytes = {}, .next = offset_};
    if (offset_ < size_) part = log_->Read(offset_, std::min<uint64_t>(kBlock, size_ - offset_));
    if (part.bytes.empty()) lines_.End();
    offset_ = part.next;
    lines_.Put(std::move(part));
  }

  std::unique_ptr<jobs::AttemptLog> log_;
  const uint64_t size_;
  uint64_t offset_ = 0;
  MatchLines lines_;
  std::string out_;
};

class FollowedMatches final : public http::LiveSource {
 public:
  FollowedMatches(std::unique_ptr<LogStream> log, jobs::LogSearch search, MatchRange range)
      : log_(std::move(log)), lines_(std::move(search), range) {}

  Progress Poll() override {
    constexpr int kMostBlocks = 64;
    Progress progress;
    for (int i = 0; i < kMostBlocks && progress.bytes.empty() && !lines_.over(); ++i) {
      if (lines_.idle() && !FillFromLog()) break;
      progress.bytes = lines_.Take();
    }
    progress.ended = lines_.over();
    return progress;
  }
  std::string_view KeepAlive() const override { return "\n"; }

 private:
  /// Whether there was anything.
  bool FillFromLog() {
    Progress progress = log_->Poll();
    if (progress.ended) lines_.End();
    const bool any = progress.ended || !progress.bytes.empty();
    lines_.Put({std::move(progress.bytes), log_->next()});
    return any;
  }

  std::unique_ptr<LogStream> log_;
  MatchLines lines_;
};

}  // namespace

std::unique_ptr<http::BodySource> MatchesIn(std::unique_ptr<jobs::AttemptLog> log, jobs::LogSearch search,
                                            MatchRange range) {
  return std::make_unique<StoredMatches>(std::move(log), std::move(search), range);
}

std::unique_ptr<http::LiveSource> FollowMatches(std::unique_ptr<LogStream> log, jobs::LogSearch search,
                                                MatchRange range) {
  return std::make_unique<FollowedMatches>(std::move(log), std::move(search), range);
}

}  // namespace orrery::api
