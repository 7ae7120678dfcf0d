#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/authenticator.h"
#include "http/internal/request_parser.h"
#include "http/router.h"

namespace orrery::http {

/// What is decided about a request from its head alone, before a byte of its body is read.
struct Admission {
  const Route* route = nullptr;
  Request request;
  std::optional<Response> answer;  ///< set: refused, or answered without a handler (OPTIONS)
};

/// The error for a body over `limit`.
StatusError BodyTooLong(uint64_t limit);

/// Checks in this order: form of the target, host, origin, route and method, actor, body. One reading of the
/// target serves them all. Safe from any thread.
class Gate {
 public:
  /// All must outlive the gate; `authenticator` may be null: then everybody is "local".
  Gate(const Router& router, std::span<const std::string> host_names, Authenticator* authenticator)
      : router_(router), host_names_(host_names), authenticator_(authenticator) {}

  /// Takes `head`'s fields. Never throws.
  Admission Admit(RequestHead& head, std::string peer) const;
  /// The answer to a request that broke off or is malformed, in the form of the wire that `target` belongs
  /// to.
  Response Refuse(std::string_view target, const Failure& failure) const;
  /// 503: too much is waiting.
  Response Busy(std::string_view target) const;

 private:
  void Check(RequestHead& head, Admission& admission) const;
  void CheckSite(std::string_view method, const Headers& headers) const;
  static void CheckBody(const RequestHead& head, const Headers& headers, const BodyPolicy& body);
  void Authenticate(Request& request) const;

  const Router& router_;
  std::span<const std::string> host_names_;
  Authenticator* authenticator_;
};

}  // namespace orrery::http
