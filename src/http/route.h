#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "http/message.h"
#include "http/openapi_schema.h"

namespace orrery::http {

using Handler = std::function<Response(Request&)>;

enum class Access {
  kAuthenticated,  ///< needs an actor
  kPublic,         ///< answers anybody: health, version, the pages themselves
};

/// What a handler waits for, so that nothing waits behind what is slower by nature: reading goes on while every write
/// waits for the disk, and health is told while everything waits.
enum class Work {
  kByMethod,  ///< GET and HEAD read, all others write
  kReads,     ///< reads although its method is another's
  kAtOnce,    ///< answers from memory: runs on the connection's own thread
};

/// What a route does with a request's body.
struct BodyPolicy {
  enum class Kind { kNone, kBuffered, kStream };

  static constexpr uint64_t kDefaultLimit = 16u << 20;

  Kind kind = Kind::kNone;
  uint64_t limit = 0;  ///< bytes; more is 413
  bool json = false;   ///< Content-Type must be application/json

  /// A request with a body is refused.
  static BodyPolicy None() { return {}; }
  static BodyPolicy Buffered(uint64_t limit = kDefaultLimit) { return {Kind::kBuffered, limit, false}; }
  static BodyPolicy Json(uint64_t limit = kDefaultLimit) { return {Kind::kBuffered, limit, true}; }
  /// The handler reads Request::stream() while the body arrives, in constant memory.
  static BodyPolicy Stream(uint64_t limit = std::numeric_limits<uint64_t>::max()) {
    return {Kind::kStream, limit, false};
  }
};

/// One query parameter, for the OpenAPI document.
struct QueryDoc {
  std::string name;
  std::string text;
  bool repeatable = false;
};

/// What the OpenAPI document says of a route beside its types.
struct Doc {
  std::string id;       ///< operation id: "submitJob"
  std::string summary;  ///< one line
  std::string tag;      ///< the group in the document: "jobs"
  int success = 200;    ///< the status of a typed handler's answer
  std::vector<QueryDoc> query = {};
  std::string answers = "application/json";  ///< content type of an untyped answer
  Access access = Access::kAuthenticated;
  Work work = Work::kByMethod;
};

/// One row of the route table.
struct Route {
  Method method = Method::kGet;
  /// Segments are literal, `{name}` (one segment, not empty) or, at the end, `{name*}` (the rest, not empty
  /// except directly under the root).
  std::string pattern;
  Doc doc;
  BodyPolicy body;
  Handler handler;
  SchemaOf request_schema = nullptr;   ///< none: no JSON body
  SchemaOf response_schema = nullptr;  ///< none: not JSON of a described type
};

}  // namespace orrery::http
