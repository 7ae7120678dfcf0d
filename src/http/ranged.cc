#include "http/ranged.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <optional>

#include "http/errors.h"
#include "http/target.h"

namespace orrery::http {
namespace {

/// The bytes [next, end) of a content.
class RangeSource final : public BodySource {
 public:
  RangeSource(RangedContent content, uint64_t begin, uint64_t end)
      : content_(std::move(content)), next_(begin), end_(end) {}

  std::optional<uint64_t> Length() const override { return end_ - next_; }
  size_t Read(std::span<std::byte> out) override {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(out.size(), end_ - next_));
    if (wanted == 0) return 0;
    const size_t got = content_.read(next_, out.first(wanted));
    if (got == 0) throw Error(Code::kDataLoss, "the content is shorter than its recorded size");
    next_ += got;
    return got;
  }

 private:
  RangedContent content_;
  uint64_t next_;
  uint64_t end_;
};

struct ByteRange {
  uint64_t begin;
  uint64_t end;
};

enum class RangeKind { kNone, kOne, kOutside };

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Reads "bytes=a-b", "bytes=a-" or "bytes=-n"; anything else is no range.
RangeKind ReadRange(std::string_view text, uint64_t size, ByteRange& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit) || text.find(',') != std::string_view::npos) return RangeKind::kNone;
  text.remove_prefix(kUnit.size());
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return RangeKind::kNone;
  const auto first = Number(text.substr(0, dash));
  const auto last = Number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return RangeKind::kNone;
    if (*last == 0 || size == 0) return RangeKind::kOutside;
    range = {size - std::min(size, *last), size};
    return RangeKind::kOne;
  }
  if (!first || (!last && dash + 1 < text.size()) || (last && *last < *first)) return RangeKind::kNone;
  if (*first >= size) return RangeKind::kOutside;
  range = {*first, last ? std::min(size, *last + (*last < size ? 1 : 0)) : size};
  return RangeKind::kOne;
}

/// Whether a list of entity tags ("a", W/"b", *) names `etag`, quoted.
bool NamesTag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == etag) return true;
  }
  return false;
}

}  // namespace

Response RangedResponse(const Request& request, RangedContent content) {
  const std::string etag = content.etag.empty() ? std::string() : "\"" + content.etag + "\"";
  const uint64_t size = content.size;
  Response response;
  response.headers.Add("Accept-Ranges", "bytes");
  if (!etag.empty()) {
    response.headers.Add("ETag", etag);
    if (NamesTag(request.headers().Get("If-None-Match"), etag)) {
      response.status = 304;
      return response;
    }
  }
  response.headers.Add("Content-Type", content.content_type);

  ByteRange range{0, size};
  const auto condition = request.headers().Find("If-Range");
  if (!condition || (!etag.empty() && *condition == etag)) {
    const RangeKind kind = ReadRange(request.headers().Get("Range"), size, range);
    if (kind == RangeKind::kOutside) {
      response = RenderError({416, Code::kInvalidArgument,
                              "Range: nothing of it is inside the " + std::to_string(size) + " bytes",
                              "Range", true});
      response.headers.Add("Content-Range", "bytes */" + std::to_string(size));
      return response;
    }
    if (kind == RangeKind::kOne) {
      response.status = 206;
      response.headers.Add("Content-Range", "bytes " + std::to_string(range.begin) + "-" +
                                                std::to_string(range.end - 1) + "/" + std::to_string(size));
    }
  }
  response.body = std::make_unique<RangeSource>(std::move(content), range.begin, range.end);
  return response;
}

namespace {

/// RFC 9110's token: a name that needs no quotes.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string AttachmentNamed(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (IsToken(name)) return "attachment; filename=" + std::string(name);
  std::string plain;
  for (const char c : name) {
    const bool safe = c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
    plain += safe ? c : '_';
  }
  return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + PercentEncode(name);
}

}  // namespace orrery::http
