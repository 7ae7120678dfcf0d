#include "http/message.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace orrery::http {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// A body that is in memory already.
class BufferedReader final : public BodyReader {
 public:
  explicit BufferedReader(const std::string& body) : rest_(body) {}

  size_t Read(std::span<std::byte> out) override {
    const size_t size = std::min(out.size(), rest_.size());
    std::memcpy(out.data(), rest_.data(), size);
    rest_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string_view MethodName(Method method) {
  return kMethods.at(static_cast<size_t>(method));
}

std::optional<Method> MethodFromName(std::string_view name) {
  const auto found = std::ranges::find(kMethods, name);
  if (found == kMethods.end()) return std::nullopt;
  return static_cast<Method>(found - kMethods.begin());
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (SameName(field, name)) return value;
  }
  return std::nullopt;
}

void Headers::Set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return SameName(field.first, name); });
  fields_.emplace_back(name, std::move(value));
}

const std::string& Request::path(std::string_view name) const {
  for (const auto& [key, value] : path_values_) {
    if (key == name) return value;
  }
  internal::FailCheck(__FILE__, __LINE__, "the route's pattern has no {" + std::string(name) + "}");
}

BodyReader& Request::stream() {
  if (!stream_) stream_ = std::make_unique<BufferedReader>(body_);
  return *stream_;
}

void Request::SetPathValues(std::vector<std::pair<std::string, std::string>> values, std::string raw_tail) {
  path_values_ = std::move(values);
  raw_tail_ = std::move(raw_tail);
}

Response Response::Json(std::string text, int status) {
  return Text(std::move(text), "application/json", status);
}

Response Response::Text(std::string text, std::string_view content_type, int status) {
  Response response{.status = status, .headers = {}, .body = std::move(text)};
  response.headers.Add("Content-Type", std::string(content_type));
  return response;
}

Response Response::Empty(int status) {
  return Response{.status = status, .headers = {}, .body = std::string()};
}

Response Response::Stream(std::unique_ptr<BodySource> source, std::string_view content_type) {
  Response response{.status = 200, .headers = {}, .body = std::move(source)};
  response.headers.Add("Content-Type", std::string(content_type));
  return response;
}

Response Response::Live(std::unique_ptr<LiveSource> source, std::string_view content_type) {
  Response response{.status = 200, .headers = {}, .body = std::move(source)};
  response.headers.Add("Content-Type", std::string(content_type));
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

}  // namespace orrery::http
