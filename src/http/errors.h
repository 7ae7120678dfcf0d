#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace orrery::http {

/// The HTTP status of each code: the one table of this wire.
int StatusOf(Code code);

/// An Error that travels with another status than its code's: 413, 408, 405, 431, 416.
class StatusError : public Error {
 public:
  StatusError(int status, Code code, const std::string& message, std::string field = {})
      : Error(code, message, std::move(field)), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

/// Why a request was refused, before a wire gives it its form.
struct Failure {
  int status = 500;
  Code code = Code::kInternal;
  std::string message;
  std::string field;
  bool routed = false;  ///< a route was found for path and method
};

/// Describes `error`; anything that is not an Error is "internal" and keeps its text to the log.
Failure DescribeFailure(const std::exception& error, bool routed);

/// Gives a failure its body and status. Must not throw.
using ErrorRenderer = std::function<Response(const Failure&)>;

/// Our own form: {"error":{"code":"not_found","message":"...","field":"nodes"}}.
Response RenderError(const Failure& failure);

}  // namespace orrery::http
