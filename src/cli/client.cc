#include "cli/client.h"

#include <algorithm>
#include <thread>

#include "server/config.h"
#include "server/data_folder.h"

namespace orrery::cli {
namespace {

struct ErrorBody {
  std::string code;
  std::string message;
  std::string field;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (code, message, field))

struct ErrorAnswer {
  ErrorBody error;
};
BOOST_DESCRIBE_STRUCT(ErrorAnswer, (), (error))

std::string FindServer(const Context& context) {
  if (context.server) return *context.server;
  const std::string data = server::AbsolutePath(context.data);
  const auto running = server::DataFolder::Running(context.files, data);
  if (!running) {
    throw Error(Code::kUnavailable,
                "no server runs on " + data +
                    ": start one with `orrery serve`, or name one by --server http://HOST:PORT");
  }
  return "http://" + running->http;
}

std::string TokenOf(const Context& context) {
  const auto token = context.environment.find("ORRERY_TOKEN");
  return token == context.environment.end() ? "" : token->second;
}

Code CodeFromName(std::string_view name, int status) {
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    if (CodeName(static_cast<Code>(i)) == name) return static_cast<Code>(i);
  }
  return status >= 500 ? Code::kInternal : Code::kInvalidArgument;
}

}  // namespace

Client::Client(Context& context) : context_(context) {
  FindAgain();
}

void Client::FindAgain() {
  constexpr std::chrono::seconds kLongestSilence{120};
  base_url_ = FindServer(context_);
  while (base_url_.ends_with('/')) base_url_.pop_back();
  http_ = std::make_unique<net::HttpClient>(context_.network, net::HttpUrl::Parse(base_url_),
                                            TokenOf(context_), kLongestSilence);
}

/// Says which server did not answer, and what to do.
template <typename F>
auto Client::Reaching(F call) {
  try {
    return call();
  } catch (const Error& error) {
    if (error.code() != Code::kUnavailable) throw;
    throw Error(Code::kUnavailable, std::string(error.what()) + " (asked " + base_url_ +
                                        "; is the server running? `orrery serve` starts one)");
  }
}

net::HttpResponse Client::Send(const net::HttpRequest& request) {
  return Reaching([&] { return http_->Send(request); });
}

std::string Client::Checked(net::HttpResponse response) {
  if (response.status / 100 == 2) return std::move(response.body);
  ErrorAnswer answer;
  try {
    answer = FromJson<ErrorAnswer, Reading::kLenient>(response.body);
  } catch (const Error&) {
    answer.error.message = "the server answered " + std::to_string(response.status);  // a proxy's own page
  }
  if (response.status == 401) answer.error.message += " (set ORRERY_TOKEN to your token)";
  throw Error(CodeFromName(answer.error.code, response.status), answer.error.message, answer.error.field);
}

bool Client::CanRepeat(const Error& error, Clock::Monotonics began) {
  constexpr std::chrono::seconds kPatience{10};
  constexpr std::chrono::milliseconds kBetweenTries{200};
  reached_ = reached_ || http_->reached();
  if (error.code() != Code::kUnavailable || !reached_) return false;
  if (context_.clock.Monotonic() - began > kPatience) return false;
  std::this_thread::sleep_for(kBetweenTries);
  return true;
}

std::string Client::Repeating(const std::function<net::HttpResponse()>& send) {
  const auto began = context_.clock.Monotonic();
  for (bool lost = false;; lost = true) {
    net::HttpResponse response;
    try {
      if (lost) FindAgain();
      response = Reaching(send);
    } catch (const Error& error) {
      if (!CanRepeat(error, began)) throw;
      continue;
    }
    return Checked(std::move(response));
  }
}

net::HttpResponse Client::SendPost(const std::string& target, const std::string& body,
                                   const std::string& idempotency_key) {
  net::HttpRequest request{
      .method = "POST", .target = target, .headers = {{"Content-Type", "application/json"}}, .body = body};
  if (!idempotency_key.empty()) request.headers.emplace_back("Idempotency-Key", idempotency_key);
  return http_->Send(request);
}

std::string Client::PostText(const std::string& target, const std::string& body,
                             const std::string& idempotency_key) {
  const auto send = [&] { return SendPost(target, body, idempotency_key); };
  return idempotency_key.empty() ? Checked(Reaching(send)) : Repeating(send);
}

std::string Client::PatchText(const std::string& target, const std::string& body) {
  return Checked(Send({.method = "PATCH",
                       .target = target,
                       .headers = {{"Content-Type", "application/json"}},
                       .body = body}));
}

void Client::PutBytes(const std::string& target, const std::string& bytes) {
  Repeating([&] { return http_->Send({.method = "PUT", .target = target, .body = bytes}); });
}

void Client::PutFile(const std::string& target, File& file) {
  const auto rewind = [&]() -> net::HttpClient::ReadBlock {
    return [&file, offset = uint64_t{0}](std::span<std::byte> out) mutable {
      const size_t got = file.ReadAt(offset, out);
      offset += got;
      return got;
    };
  };
  Repeating([&] { return http_->Upload({.method = "PUT", .target = target}, file.Size(), rewind); });
}

std::string Client::HeaderOf(const std::string& target, std::string_view name) {
  const net::HttpResponse response = Send({.method = "HEAD", .target = target});
  // The answer to a HEAD has no body to say what is wrong.
  if (response.status / 100 != 2) GetText(target);
  return std::string(response.Header(name));
}

void Client::Follow(const std::string& target, const std::function<bool(std::string_view)>& on_data) {
  net::HttpResponse response = Reaching([&] { return http_->Download({.target = target}, on_data); });
  if (response.status / 100 != 2) Checked(std::move(response));
}

}  // namespace orrery::cli
