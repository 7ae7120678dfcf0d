#include "http/router.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "base/check.h"

namespace orrery::http {

/// One segment of the table. Children are tried literal first, then `{name}`, then `{name*}`.
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> tail;
  std::array<const Route*, 7> routes{};
  bool ends = false;  ///< some pattern ends here

  const Route*& For(Method method) { return routes.at(static_cast<size_t>(method)); }
  const Route* For(Method method) const {
    const Route* route = routes.at(static_cast<size_t>(method));
    return route == nullptr && method == Method::kHead ? For(Method::kGet) : route;
  }
  std::string Allow() const {
    std::string out;
    for (size_t i = 0; i < routes.size(); ++i) {
      if (For(static_cast<Method>(i)) == nullptr) continue;
      out += out.empty() ? "" : ", ";
      out += MethodName(static_cast<Method>(i));
    }
    return out + ", OPTIONS";
  }
  /// The node where `segments` ends, if any.
  const Node* Walk(std::span<const std::string> segments, size_t depth) const {
    if (segments.empty()) {
      if (ends) return this;
      return tail != nullptr && depth == 0 ? tail.get() : nullptr;
    }
    const auto literal = literals.find(segments.front());
    if (literal != literals.end()) {
      if (const Node* node = literal->second->Walk(segments.subspan(1), depth + 1)) return node;
    }
    if (parameter != nullptr && !segments.front().empty()) {
      if (const Node* node = parameter->Walk(segments.subspan(1), depth + 1)) return node;
    }
    return tail != nullptr && !(segments.size() == 1 && segments.front().empty()) ? tail.get() : nullptr;
  }
};

namespace {

std::vector<std::string> PatternSegments(const std::string& pattern) {
  ORRERY_CHECK(pattern.starts_with('/'));
  std::vector<std::string> segments;
  for (size_t at = 1; at < pattern.size();) {
    const size_t end = std::min(pattern.find('/', at), pattern.size());
    segments.push_back(pattern.substr(at, end - at));
    at = end + 1;
  }
  return segments;
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool IsTail(std::string_view segment) {
  return IsParameter(segment) && segment[segment.size() - 2] == '*';
}

/// What follows the first `count` segments of `path`.
std::string_view AfterSegments(std::string_view path, size_t count) {
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) at = path.find('/', at + 1);
  return path.substr(std::min(path.size(), at + 1));
}

void TakeValues(const Target& target, Router::Match& match) {
  const std::vector<std::string> pattern = PatternSegments(match.route->pattern);
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string& name = pattern[i];
    if (IsTail(name)) {
      match.values.emplace_back(name.substr(1, name.size() - 3), AfterSegments(target.path, i));
      match.raw_tail = AfterSegments(target.raw_path, i);
    } else if (IsParameter(name)) {
      match.values.emplace_back(name.substr(1, name.size() - 2), target.segments[i]);
    }
  }
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::Add(Route route) {
  Node* node = root_.get();
  for (const std::string& segment : PatternSegments(route.pattern)) {
    ORRERY_CHECK(!segment.empty());
    std::unique_ptr<Node>& child = IsTail(segment)        ? node->tail
                                   : IsParameter(segment) ? node->parameter
                                                          : node->literals[segment];
    if (!child) child = std::make_unique<Node>();
    node = child.get();
  }
  node->ends = true;
  const Route*& slot = node->For(route.method);
  ORRERY_CHECK(slot == nullptr && route.handler != nullptr);
  routes_.push_back(std::move(route));
  slot = &routes_.back();
}

void Router::Claim(std::string prefix, ErrorRenderer renderer) {
  claims_.push_back({std::move(prefix), std::move(renderer)});
  std::ranges::sort(claims_, std::greater(), [](const Claimed& claim) { return claim.prefix.size(); });
}

const Router::Claimed* Router::ClaimFor(std::string_view path) const {
  for (const Claimed& claim : claims_) {
    const std::string_view rest = path.substr(std::min(path.size(), claim.prefix.size()));
    if (path.starts_with(claim.prefix) && (rest.empty() || rest.front() == '/')) return &claim;
  }
  return nullptr;
}

Router::Match Router::Find(Method method, const Target& target) const {
  Match match;
  const Node* node = root_->Walk(target.segments, 0);
  if (node == nullptr) return match;
  const Claimed* claim = ClaimFor(target.path);
  const auto any = std::ranges::find_if(node->routes, [](const Route* route) { return route != nullptr; });
  if (claim != nullptr && !(*any)->pattern.starts_with(claim->prefix)) return match;

  match.allow = node->Allow();
  match.route = node->For(method);
  if (match.route != nullptr) TakeValues(target, match);
  return match;
}

const ErrorRenderer& Router::RendererFor(std::string_view path) const {
  const Claimed* claim = ClaimFor(path);
  return claim != nullptr ? claim->renderer : default_renderer_;
}

Response Router::Answer(Request& request) const {
  Match match = Find(request.method(), request.target());
  if (match.route == nullptr) {
    Failure failure{404, Code::kNotFound, "no such path: " + Quoted(request.path())};
    if (!match.allow.empty()) {
      failure = {405, Code::kInvalidArgument, "this path takes other methods: " + match.allow};
    }
    Response response = RendererFor(request.path())(failure);
    if (!match.allow.empty()) response.headers.Set("Allow", match.allow);
    return response;
  }
  request.SetPathValues(std::move(match.values), std::move(match.raw_tail));
  return Run(*match.route, request);
}

Response Router::Run(const Route& route, Request& request) const {
  try {
    return route.handler(request);
  } catch (const std::exception& error) {
    return RendererFor(request.path())(DescribeFailure(error, true));
  }
}

}  // namespace orrery::http
