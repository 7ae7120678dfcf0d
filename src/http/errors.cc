#include "http/errors.h"

#include "base/log.h"

namespace orrery::http {

int StatusOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnimplemented:
      return 501;
    case Code::kUnavailable:
      return 503;
    case Code::kStorageFull:
      return 507;
    case Code::kDataLoss:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

Failure DescribeFailure(const std::exception& error, bool routed) {
  if (const auto* status = dynamic_cast<const StatusError*>(&error)) {
    return {status->status(), status->code(), status->what(), status->field(), routed};
  }
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    if (ours->code() == Code::kInternal || ours->code() == Code::kDataLoss) {
      Log(LogLevel::kError, "a request failed", {{"error", ours->what()}});
    }
    // An internal fault may name files or statements: those are for the log alone.
    const bool hidden = ours->code() == Code::kInternal;
    return {StatusOf(ours->code()), ours->code(),
            hidden ? "an internal error: see the server's log" : ours->what(), ours->field(), routed};
  }
  Log(LogLevel::kError, "a request failed", {{"error", error.what()}});
  return {500, Code::kInternal, "an internal error: see the server's log", {}, routed};
}

Response RenderError(const Failure& failure) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginObject();
  writer.Key("error");
  writer.BeginObject();
  writer.Key("code");
  writer.String(CodeName(failure.code));
  writer.Key("message");
  writer.String(failure.message);
  if (!failure.field.empty()) {
    writer.Key("field");
    writer.String(failure.field);
  }
  writer.EndObject();
  writer.EndObject();
  return Response::Json(std::move(text), failure.status);
}

}  // namespace orrery::http
