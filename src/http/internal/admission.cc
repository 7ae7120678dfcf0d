#include "http/internal/admission.h"

#include "base/utf8.h"
#include "http/internal/same_site.h"

namespace orrery::http {
namespace {

/// The path as far as it can be told from a target that may be malformed.
std::string_view RawPath(std::string_view target) {
  return target.substr(0, target.find_first_of("?#"));
}

bool IsJson(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return type == "application/json";
}

bool ChangesThings(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

}  // namespace

Response Gate::Refuse(std::string_view target, const Failure& failure) const {
  Response response = router_.RendererFor(RawPath(target))(failure);
  // Chromium asks its user only where Basic comes first in the header.
  if (failure.status == 401)
    response.headers.Set("WWW-Authenticate",
                         R"(Basic realm="orrery", charset="UTF-8", Bearer realm="orrery")");
  if (failure.status == 503) response.headers.Set("Retry-After", "1");
  return response;
}

Response Gate::Busy(std::string_view target) const {
  return Refuse(target, {503, Code::kUnavailable, "the server is busy: try again in a second"});
}

Admission Gate::Admit(RequestHead& head, std::string peer) const {
  Admission admission;
  admission.request.SetPeer(std::move(peer));
  try {
    Check(head, admission);
  } catch (const std::exception& error) {
    admission.answer = Refuse(head.target, DescribeFailure(error, admission.route != nullptr));
  }
  return admission;
}

void Gate::Check(RequestHead& head, Admission& admission) const {
  Request& request = admission.request;
  request.headers() = std::move(head.headers);
  request.SetTarget(ParseTarget(head.target));
  request.SetContentLength(head.content_length);
  head.headers = {};
  CheckSite(head.method, request.headers());

  const auto method = MethodFromName(head.method);
  if (request.path() == "*" && method == Method::kOptions) {
    admission.answer = Response::Empty(204);
    return;
  }
  Router::Match match = router_.Find(method.value_or(Method::kOptions), request.target());
  if (match.allow.empty()) {
    throw Error(Code::kNotFound, "no such path: " + Quoted(RepairUtf8(request.path())));
  }
  if (!method || (match.route == nullptr && *method != Method::kOptions)) {
    admission.answer =
        Refuse(head.target, {405, Code::kInvalidArgument, "this path takes other methods: " + match.allow});
    admission.answer->headers.Set("Allow", match.allow);
    return;
  }
  request.SetMethod(*method);
  admission.route = match.route;
  if ((match.route == nullptr || match.route->doc.access == Access::kAuthenticated)) Authenticate(request);
  if (match.route == nullptr) {
    admission.answer = Response::Empty(204);
    admission.answer->headers.Set("Allow", match.allow);
    return;
  }
  CheckBody(head, request.headers(), match.route->body);
  request.SetPathValues(std::move(match.values), std::move(match.raw_tail));
}

void Gate::CheckSite(std::string_view method, const Headers& headers) const {
  const auto host = headers.Find("Host");
  if (host && !HostAllowed(*host, host_names_)) {
    throw Error(
        Code::kPermissionDenied,
        "this server does not answer to that Host: use localhost or an address, or configure the name");
  }
  if (ChangesThings(method) && !OriginAllowed(headers.Get("Origin"), host.value_or(""))) {
    throw Error(Code::kPermissionDenied, "a page of another origin may not change anything here");
  }
}

void Gate::Authenticate(Request& request) const {
  if (authenticator_ == nullptr) return;
  auto actor = authenticator_->Authenticate(request.headers().Get("Authorization"));
  if (!actor) {
    throw Error(Code::kUnauthenticated,
                "a valid token is needed: send it as \"Authorization: Bearer TOKEN\"");
  }
  request.SetActor(std::move(*actor));
}

void Gate::CheckBody(const RequestHead& head, const Headers& headers, const BodyPolicy& body) {
  if (headers.Find("Expect") && !head.expects_continue) {
    throw StatusError(417, Code::kInvalidArgument, "Expect: only 100-continue is known");
  }
  if (body.kind == BodyPolicy::Kind::kNone && head.has_body()) {
    throw Error(Code::kInvalidArgument, "this request takes no body");
  }
  if (head.content_length.value_or(0) > body.limit && head.has_body()) {
    throw BodyTooLong(body.limit);
  }
  if (body.json && !IsJson(headers.Get("Content-Type"))) {
    throw Error(Code::kInvalidArgument, "Content-Type must be application/json", "Content-Type");
  }
}

StatusError BodyTooLong(uint64_t limit) {
  return StatusError(413, Code::kInvalidArgument,
                     "the body is longer than allowed here, in bytes: " + std::to_string(limit));
}

}  // namespace orrery::http
