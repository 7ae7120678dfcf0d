/// Any bytes as a body of /v1/traces are either read, into spans whose content is JSON, or refused as invalid_argument.
#include <cstdint>
#include <string_view>

#include <boost/json/parse.hpp>

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "compat/mlflow/otlp.h"

namespace orrery::compat::mlflow {
namespace {

json::parse_options Deep() {
  json::parse_options options;
  options.max_depth = 256;
  return options;
}

void RunOne(std::string_view bytes) {
  try {
    for (const tracking::Span& span : ReadOtlpSpans(bytes)) {
      ORRERY_CHECK(span.id.size() == 16);
      ORRERY_CHECK(json::parse(span.content, {}, Deep()).is_object());
    }
  } catch (const Error& error) {
    ORRERY_CHECK(error.code() == Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace orrery::compat::mlflow

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  orrery::compat::mlflow::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
