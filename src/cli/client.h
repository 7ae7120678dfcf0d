#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/context.h"
#include "net/http_client.h"

namespace orrery::cli {

/// The server's own REST, for commands. Errors are the server's, as it names them; unavailable says how to start one.
///
/// What is harmless twice (a POST with a key, a PUT, a query) is sent again for a while when its answer is lost, to the
/// server that was started again too. A server that was never reached is not waited for.
class Client {
 public:
  /// Finds the server: --server, else the one that runs on the data folder. `context` must outlive the client.
  /// Errors: unavailable.
  explicit Client(Context& context);

  /// Finds the server once more: one that was started again may listen elsewhere. Errors: unavailable.
  void FindAgain();

  template <typename T>
  T Get(const std::string& target) {
    return FromJson<T, Reading::kLenient>(GetText(target));
  }
  std::string GetText(const std::string& target) { return Checked(Send({.target = target})); }
  std::string PostText(const std::string& target, const std::string& body,
                       const std::string& idempotency_key = {});
  std::string PatchText(const std::string& target, const std::string& body);
  std::string DeleteText(const std::string& target) {
    return Checked(Send({.method = "DELETE", .target = target}));
  }
  /// A POST that only asks.
  template <typename Out, typename In>
  Out Query(const std::string& target, const In& body) {
    const std::string text = ToJson(body);
    return FromJson<Out, Reading::kLenient>(Repeating([&] { return SendPost(target, text, {}); }));
  }
  template <typename Out, typename In>
  Out Post(const std::string& target, const In& body, const std::string& idempotency_key = {}) {
    return FromJson<Out, Reading::kLenient>(PostText(target, ToJson(body), idempotency_key));
  }
  /// Puts bytes that are at hand, or a file block by block.
  void PutBytes(const std::string& target, const std::string& bytes);
  void PutFile(const std::string& target, File& file);
  /// Hands the answer's body over as it arrives, until its end or until `on_data` returns false.
  void Follow(const std::string& target, const std::function<bool(std::string_view)>& on_data);

  /// A header of the answer that a GET would have.
  std::string HeaderOf(const std::string& target, std::string_view name);

  /// "http://127.0.0.1:7070"
  const std::string& base_url() const { return base_url_; }

 private:
  net::HttpResponse Send(const net::HttpRequest& request);
  net::HttpResponse SendPost(const std::string& target, const std::string& body,
                             const std::string& idempotency_key);
  static std::string Checked(net::HttpResponse response);
  template <typename F>
  auto Reaching(F call);
  std::string Repeating(const std::function<net::HttpResponse()>& send);
  bool CanRepeat(const Error& error, Clock::Monotonics began);

  Context& context_;
  std::string base_url_;
  std::unique_ptr<net::HttpClient> http_;
  bool reached_ = false;  ///< some server, once
};

}  // namespace orrery::cli
