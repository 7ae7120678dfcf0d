#include "compat/mlflow/errors.h"

#include "base/json_writer.h"

namespace orrery::compat::mlflow {
namespace {

struct WireError {
  Code code;
  std::string_view name;
  int status;
};

// MLflow's client retries 408, 429, 500, 502, 503 and 504 for minutes: what the caller got wrong is 4xx. A
// name that is taken is 400 there, and so is a write to something deleted.
constexpr WireError kErrors[] = {
    {Code::kInvalidArgument, "INVALID_PARAMETER_VALUE", 400},
    {Code::kNotFound, "RESOURCE_DOES_NOT_EXIST", 404},
    {Code::kAlreadyExists, "RESOURCE_ALREADY_EXISTS", 400},
    {Code::kFailedPrecondition, "INVALID_PARAMETER_VALUE", 400},
    {Code::kPermissionDenied, "PERMISSION_DENIED", 403},
    {Code::kUnauthenticated, "UNAUTHENTICATED", 401},
    {Code::kResourceExhausted, "REQUEST_LIMIT_EXCEEDED", 429},
    {Code::kStorageFull, "RESOURCE_EXHAUSTED", 507},
    {Code::kAborted, "ABORTED", 409},
    {Code::kUnimplemented, "NOT_IMPLEMENTED", 501},
    {Code::kDataLoss, "DATA_LOSS", 500},
    {Code::kUnavailable, "TEMPORARILY_UNAVAILABLE", 503},
    {Code::kInternal, "INTERNAL_ERROR", 500},
};

const WireError& Find(Code code) {
  for (const WireError& error : kErrors) {
    if (error.code == code) return error;
  }
  return kErrors[std::size(kErrors) - 1];
}

}  // namespace

http::Response RenderError(const http::Failure& failure) {
  if (failure.status == 404 && !failure.routed) {
    return http::Response::Text("<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n",
                                "text/html; charset=utf-8", 404);
  }
  const WireError& error = Find(failure.code);
  std::string body;
  JsonWriter out(body);
  out.BeginObject();
  out.Key("error_code");
  out.String(error.name);
  out.Key("message");
  out.String(failure.message);
  out.EndObject();
  // A status of its own (413, 405, 416) was chosen by whoever refused.
  const bool own_status = failure.status != http::StatusOf(failure.code);
  return http::Response::Json(std::move(body), own_status ? failure.status : error.status);
}

}  // namespace orrery::compat::mlflow
