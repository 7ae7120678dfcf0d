#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/error.h"
#include "net/tls_network.h"

namespace orrery::net {
namespace {

namespace http = boost::beast::http;

constexpr uint64_t kMostOfAnError = 16u << 20;

bool SameWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

bool MayRepeat(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

/// A kept connection that the server had closed before it saw the request.
struct Stale {};

}  // namespace

std::string_view HttpResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (SameWithoutCase(key, name)) return value;
  }
  return {};
}

HttpUrl HttpUrl::Parse(std::string_view url) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kTls = "https://";
  const auto refuse = [&] {
    throw InvalidField("url", "expected http://HOST:PORT or https://HOST:PORT, got " + Quoted(url));
  };
  HttpUrl parsed;
  parsed.tls = url.starts_with(kTls);
  if (parsed.tls) parsed.port = 443;
  if (!parsed.tls && !url.starts_with(kPlain)) refuse();
  std::string_view rest = url.substr(parsed.tls ? kTls.size() : kPlain.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  rest.remove_prefix(authority.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);

  parsed.prefix = rest;
  const size_t colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
  std::string_view host = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    const char* end = authority.data() + authority.size();
    const auto [stopped, fault] = std::from_chars(authority.data() + colon + 1, end, parsed.port);
    if (fault != std::errc() || stopped != end || parsed.port == 0) refuse();
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("@?# \r\n") != std::string_view::npos) refuse();
  parsed.host = host;
  return parsed;
}

/// One request and its answer over one connection.
class HttpClient::Exchange {
 public:
  Exchange(Connection& connection, bool head, bool kept) : connection_(connection), kept_(kept) {
    parser_.body_limit(boost::none);
    parser_.skip(head);
  }

  HttpResponse ReceiveHead() {
    while (!parser_.is_header_done()) Feed();
    HttpResponse response;
    response.status = parser_.get().result_int();
    for (const auto& field : parser_.get()) {
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    return response;
  }
  HttpResponse Receive(const std::function<bool(std::string_view)>& on_data, uint64_t most) {
    HttpResponse response = ReceiveHead();
    const bool stream = on_data && response.status / 100 == 2;
    while (!parser_.is_done()) {
      const std::string_view bytes = NextBytes();
      if (stream) {
        if (!bytes.empty() && !on_data(bytes)) return response;  // unfinished: the connection is not kept
      } else if ((response.body += bytes).size() > most) {
        throw Error(Code::kResourceExhausted,
                    "the server's answer is larger than " + std::to_string(most) + " bytes");
      }
    }
    finished_ = true;
    return response;
  }
  bool Reusable() const { return finished_ && parser_.keep_alive(); }

 private:
  std::string_view NextBytes() {
    parser_.get().body().data = block_.data();
    parser_.get().body().size = block_.size();
    Feed();
    return {block_.data(), block_.size() - parser_.get().body().size};
  }
  /// Gives the parser what is unread, and more from the connection if it needs that.
  void Feed() {
    boost::system::error_code fault;
    if (!unread_.empty()) {
      const size_t used = parser_.put(boost::asio::buffer(unread_), fault);
      unread_.erase(0, used);
      if (fault == http::error::need_buffer) return;
      if (fault && fault != http::error::need_more) Broken(fault.message());
      if (used > 0 || parser_.is_done()) return;
    }
    std::array<char, 65536> block;
    const size_t got = connection_.Read(std::as_writable_bytes(std::span(block)));
    if (got == 0) {
      if (kept_ && !parser_.got_some() && unread_.empty()) throw Stale();
      if (!parser_.got_some()) Broken("it ended before it began");
      parser_.put_eof(fault);
      if (fault || !parser_.is_done()) Broken("it ended early");
    }
    unread_.append(block.data(), got);
  }
  [[noreturn]] static void Broken(const std::string& why) {
    throw Error(Code::kUnavailable, "the server's answer broke off or is not HTTP: " + why);
  }

  Connection& connection_;
  bool kept_;
  bool finished_ = false;
  http::response_parser<http::buffer_body> parser_;
  std::string unread_;
  std::array<char, 65536> block_;
};

HttpClient::HttpClient(Network& network, HttpUrl url, std::string bearer_token,
                       std::chrono::milliseconds timeout)
    : tls_(url.tls ? std::make_unique<TlsNetwork>(network) : nullptr),
      network_(tls_ ? static_cast<Network&>(*tls_) : network),
      url_(std::move(url)),
      bearer_token_(std::move(bearer_token)),
      timeout_(timeout) {}
HttpClient::~HttpClient() = default;

HttpResponse HttpClient::Send(const HttpRequest& request, uint64_t most) {
  return Call(
      request, [&](Connection& connection) { connection.Write(std::as_bytes(std::span(request.body))); },
      request.body.size(), [&](Exchange& exchange) { return exchange.Receive(nullptr, most); });
}

int HttpClient::SendForStatus(const HttpRequest& request) {
  return Call(
             request,
             [&](Connection& connection) { connection.Write(std::as_bytes(std::span(request.body))); },
             request.body.size(), [](Exchange& exchange) { return exchange.ReceiveHead(); })
      .status;
}

HttpResponse HttpClient::Upload(const HttpRequest& request, uint64_t length,
                                const std::function<ReadBlock()>& rewind) {
  const auto send_body = [&](Connection& connection) {
    const ReadBlock read = rewind();
    std::vector<std::byte> block(256u << 10);
    for (uint64_t left = length; left > 0;) {
      const size_t got = read(std::span(block).first(std::min<uint64_t>(left, block.size())));
      if (got == 0)
        throw Error(Code::kAborted, "what is uploaded became shorter while it was read: try again");
      connection.Write(std::span(block).first(got));
      left -= got;
    }
  };
  return Call(request, send_body, length,
              [](Exchange& exchange) { return exchange.Receive(nullptr, kMostOfAnError); });
}

HttpResponse HttpClient::Download(const HttpRequest& request,
                                  const std::function<bool(std::string_view)>& on_data) {
  return Call(
      request, [](Connection&) {}, 0,
      [&](Exchange& exchange) { return exchange.Receive(on_data, kMostOfAnError); });
}

HttpResponse HttpClient::Call(const HttpRequest& request, const std::function<void(Connection&)>& send_body,
                              uint64_t length, const std::function<HttpResponse(Exchange&)>& receive) {
  const std::string head = Head(request, length);
  for (;;) {
    std::unique_ptr<Connection> connection = MayRepeat(request.method) ? std::move(kept_) : nullptr;
    const bool kept = connection != nullptr;
    if (!kept) connection = network_.Connect(url_.host, url_.port, timeout_);
    reached_ = true;
    try {
      try {
        connection->Write(std::as_bytes(std::span(head)));
        send_body(*connection);
      } catch (const Error& error) {
        if (error.code() != Code::kUnavailable) throw;
        if (kept) throw Stale();
        // A server that refuses a body answers and closes before it has read it all: its answer says why.
      }
      Exchange exchange(*connection, request.method == "HEAD", kept);
      HttpResponse response = receive(exchange);
      if (exchange.Reusable()) kept_ = std::move(connection);
      return response;
    } catch (const Stale&) {
      // Sent again on a new connection.
    }
  }
}

std::string HttpClient::Head(const HttpRequest& request, uint64_t length) const {
  const bool v6 = url_.host.find(':') != std::string::npos;
  std::string head = request.method + " " + url_.prefix + request.target +
                     " HTTP/1.1\r\nHost: " + (v6 ? "[" + url_.host + "]" : url_.host) + ":" +
                     std::to_string(url_.port) + "\r\n";
  if (!bearer_token_.empty()) head += "Authorization: Bearer " + bearer_token_ + "\r\n";
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  const bool has_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH" || length > 0;
  if (has_body) head += "Content-Length: " + std::to_string(length) + "\r\n";
  return head + "\r\n";
}

std::string EncodeComponent(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace orrery::net
