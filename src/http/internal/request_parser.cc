#include "http/internal/request_parser.h"

#include <algorithm>
#include <limits>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "http/errors.h"

namespace orrery::http {
namespace {

namespace beast = boost::beast;
using ErrorCode = beast::error_code;

constexpr int kMostFields = 256;

}  // namespace

class RequestParser::Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(size_t header_bytes) {
    header_limit(static_cast<std::uint32_t>(header_bytes));
    body_limit(boost::none);  // each route has its own
  }

  size_t Feed(std::string_view data) {
    ErrorCode error;
    eager(is_header_done());  // the body waits until its route is known
    const size_t taken = put(boost::asio::buffer(data.data(), data.size()), error);
    if (error == beast::http::error::need_more) error = {};
    if (error) Refuse(error);
    if (refused_) throw StatusError(refused_, Code::kInvalidArgument, why_);
    return taken;
  }

  RequestHead head;
  std::string body;

 private:
  [[noreturn]] void Refuse(const ErrorCode& error) const {
    if (refused_ != 0) throw StatusError(refused_, Code::kInvalidArgument, why_);
    if (error == beast::http::error::header_limit) {
      throw StatusError(431, Code::kInvalidArgument, "the request's headers are too long");
    }
    if (error == beast::http::error::bad_version) {
      throw StatusError(505, Code::kInvalidArgument, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    throw StatusError(400, Code::kInvalidArgument, "malformed HTTP: " + error.message());
  }
  void Fail(ErrorCode& error, int status, const char* why) {
    refused_ = status;
    why_ = why;
    error = beast::http::error::bad_field;
  }

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       ErrorCode&) override {
    head.method = method;
    head.target = target;
    head.http_1_1 = version == 11;
  }
  void on_response_impl(int, beast::string_view, int, ErrorCode&) override {}

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     ErrorCode& error) override {
    if (head_ended_) return;  // trailers say nothing that we use
    if (++fields_ > kMostFields) return Fail(error, 431, "the request has too many header fields");
    switch (field) {
      case beast::http::field::content_length:
        if (++lengths_ > 1) return Fail(error, 400, "Content-Length is given twice");
        break;
      case beast::http::field::transfer_encoding:
        if (++codings_ > 1 || !beast::iequals(value, "chunked")) {
          return Fail(error, 400, "Transfer-Encoding must be \"chunked\", once");
        }
        break;
      case beast::http::field::host:
        if (++hosts_ > 1) return Fail(error, 400, "Host is given twice");
        break;
      default:
        break;
    }
    if (std::ranges::any_of(value, [](char c) { return c == '\0' || c == '\r' || c == '\n'; })) {
      return Fail(error, 400, "a header field holds a control character");
    }
    head.headers.Add(std::string(name), std::string(value));
  }

  void on_header_impl(ErrorCode& error) override {
    head_ended_ = true;
    if (lengths_ > 0 && codings_ > 0) {
      return Fail(error, 400, "Content-Length and Transfer-Encoding exclude each other");
    }
    if (codings_ > 0 && !head.http_1_1) {
      return Fail(error, 400, "Transfer-Encoding needs HTTP/1.1");
    }
    if (hosts_ == 0 && head.http_1_1) return Fail(error, 400, "the Host header is missing");
    head.chunked = codings_ > 0;
    if (lengths_ > 0) head.content_length = Length();
    head.keep_alive = keep_alive();
    head.expects_continue =
        head.http_1_1 && beast::iequals(beast::string_view(head.headers.Get("Expect")), "100-continue");
  }

  uint64_t Length() const {
    const auto length = content_length();
    return length ? *length : 0;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(beast::string_view bytes, ErrorCode&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override {}
  size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, ErrorCode&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(ErrorCode&) override {}

  bool head_ended_ = false;
  int fields_ = 0;
  int lengths_ = 0;
  int codings_ = 0;
  int hosts_ = 0;
  int refused_ = 0;
  const char* why_ = "";
};

RequestParser::RequestParser(size_t header_bytes) : parser_(std::make_unique<Parser>(header_bytes)) {}
RequestParser::~RequestParser() = default;

size_t RequestParser::Feed(std::string_view data) {
  return parser_->Feed(data);
}
bool RequestParser::head_done() const {
  return parser_->is_header_done();
}
RequestHead& RequestParser::head() {
  return parser_->head;
}
bool RequestParser::done() const {
  return parser_->is_done();
}
std::string& RequestParser::body() {
  return parser_->body;
}

}  // namespace orrery::http
