#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "http/errors.h"
#include "http/message.h"
#include "http/route.h"

namespace orrery::http {

/// Stands for "no JSON body" in a typed route.
struct NoBody {};

/// The route table: an explicit list, filled before the server starts and read-only afterwards.
///
///   router.Post<JobSpec, Job>("/api/v1/jobs", {.id = "submitJob", .summary = "Submit a job.", .tag = "jobs",
///                             .success = 201},
///                             [&](const Request& request, JobSpec spec) { return jobs.Submit(...); });
///
/// A literal segment wins over `{name}`, which wins over `{name*}`. HEAD is answered by the GET route.
/// Reading is safe from any thread.
class Router {
 public:
  struct Match {
    const Route* route = nullptr;  ///< none: no such path, or not for this method
    std::vector<std::pair<std::string, std::string>> values;
    std::string raw_tail;
    std::string allow;  ///< the methods that the path has ("GET, HEAD, POST"); empty: no such path
  };

  Router();
  ~Router();

  /// Two routes of the same method and shape, or a malformed pattern, are a fault of ours.
  void Add(Route route);

  /// Handlers with a described answer: `Out handler(const Request&)`.
  template <typename Out, typename F>
  void Get(std::string pattern, Doc doc, F handler) {
    Typed<NoBody, Out>(Method::kGet, std::move(pattern), std::move(doc), std::move(handler));
  }
  template <typename Out, typename F>
  void Delete(std::string pattern, Doc doc, F handler) {
    Typed<NoBody, Out>(Method::kDelete, std::move(pattern), std::move(doc), std::move(handler));
  }
  /// Handlers with a described body too: `Out handler(const Request&, In)`; without one for In = NoBody.
  template <typename In, typename Out, typename F>
  void Post(std::string pattern, Doc doc, F handler) {
    Typed<In, Out>(Method::kPost, std::move(pattern), std::move(doc), std::move(handler));
  }
  template <typename In, typename Out, typename F>
  void Put(std::string pattern, Doc doc, F handler) {
    Typed<In, Out>(Method::kPut, std::move(pattern), std::move(doc), std::move(handler));
  }
  /// The general form. Out may be Response, where the handler builds its own answer.
  template <typename In, typename Out, typename F>
  void Typed(Method method, std::string pattern, Doc doc, F handler);

  /// Makes everything under `prefix` ("/api/2.0/mlflow") a wire of its own: an unknown path there is 404 even
  /// where a shorter pattern's tail would take it, and each refusal, those before a handler runs included,
  /// has `renderer`'s form. The longest claimed prefix decides.
  void Claim(std::string prefix, ErrorRenderer renderer = RenderError);

  Match Find(Method method, const Target& target) const;
  /// The renderer for refusals at `path`.
  const ErrorRenderer& RendererFor(std::string_view path) const;
  /// Finds and runs the route as the server does, without its checks of host, origin, actor and limits: for
  /// tests of adapters. Never throws.
  Response Answer(Request& request) const;
  /// Runs `route`'s handler; what it throws becomes a response in the path's form. Never throws.
  Response Run(const Route& route, Request& request) const;

  const std::deque<Route>& routes() const { return routes_; }

 private:
  struct Node;
  struct Claimed {
    std::string prefix;
    ErrorRenderer renderer;
  };

  const Claimed* ClaimFor(std::string_view path) const;

  std::deque<Route> routes_;  // stable addresses
  std::unique_ptr<Node> root_;
  std::vector<Claimed> claims_;
  ErrorRenderer default_renderer_ = RenderError;
};

template <typename In, typename Out, typename F>
void Router::Typed(Method method, std::string pattern, Doc doc, F handler) {
  Route route{.method = method, .pattern = std::move(pattern), .doc = std::move(doc)};
  const int success = route.doc.success;
  if constexpr (!std::is_same_v<Out, Response>) route.response_schema = SchemaText<Out>;
  auto respond = [success](auto&& value) -> Response {
    if constexpr (std::is_same_v<Out, Response>) {
      return std::forward<decltype(value)>(value);
    } else {
      return Response::Of(value, success);
    }
  };
  if constexpr (std::is_same_v<In, NoBody>) {
    route.handler = [handler = std::move(handler), respond](Request& request) {
      return respond(handler(request));
    };
  } else {
    route.request_schema = SchemaText<In>;
    route.body = BodyPolicy::Json();
    route.handler = [handler = std::move(handler), respond](Request& request) {
      return respond(handler(request, request.Json<In>()));
    };
  }
  Add(std::move(route));
}

}  // namespace orrery::http
