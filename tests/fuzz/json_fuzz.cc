/// Any bytes either parse or are refused as invalid_argument; what parses is written as text that reads back
/// equal.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/check.h"
#include "base/json.h"

namespace orrery {
namespace {

struct Shape {
  std::string name;
  int64_t whole = 0;
  double real = 0;
  std::optional<Instant> at;
  std::vector<std::string> items;
};
BOOST_DESCRIBE_STRUCT(Shape, (), (name, whole, real, at, items))

template <typename T>
std::optional<T> Read(std::string_view text) {
  try {
    return FromJson<T>(text);
  } catch (const Error& error) {
    ORRERY_CHECK(error.code() == Code::kInvalidArgument);
    return std::nullopt;
  }
}

void RunOne(std::string_view text) {
  if (const auto any = Read<json::value>(text)) {
    const std::string written = ToJson(*any);
    ORRERY_CHECK(ToJson(FromJson<json::value>(written)) == written);
  }
  if (const auto shape = Read<Shape>(text)) {
    const std::string written = ToJson(*shape);
    ORRERY_CHECK(ToJson(FromJson<Shape>(written)) == written);
  }
}

}  // namespace
}  // namespace orrery

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  orrery::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
