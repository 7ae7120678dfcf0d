/// Any bytes as the body or the query of a call are either read or refused as invalid_argument; a path that
/// the proxy takes has nothing in it that leads elsewhere.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/check.h"
#include "compat/mlflow/wire.h"
#include "models/source.h"
#include "tracking/artifact_path.h"

namespace orrery::compat::mlflow {
namespace {

enum class Kind { kFirst, kSecondOne };
BOOST_DESCRIBE_ENUM(Kind, kFirst, kSecondOne)

struct Entry {
  static constexpr std::string_view kRequired[] = {"key"};
  std::string key;
  double value = 0;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (key, value))

struct Body {
  std::optional<std::string> run_id;
  int64_t end_time = 0;
  bool all = false;
  Kind kind = Kind::kFirst;
  std::vector<Entry> metrics;
  std::vector<std::string> order_by;
};
BOOST_DESCRIBE_STRUCT(Body, (), (run_id, end_time, all, kind, metrics, order_by))

template <typename Read>
void ReadOrRefuse(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    ORRERY_CHECK(error.code() == Code::kInvalidArgument);
  }
}

void RunOne(std::string_view text) {
  ReadOrRefuse([&] {
    const Body body = ReadObject<Body>(ReadBody(text).object, nullptr, false);
    ORRERY_CHECK(!body.run_id || body.run_id->find('\0') == std::string::npos);
  });
  ReadOrRefuse([&] { ReadRequest<Body>(http::Request(http::Method::kGet, "/x?" + std::string(text))); });
  ReadOrRefuse([&] {
    const std::string path = "/" + tracking::ArtifactPath::Parse(text).text() + "/";
    ORRERY_CHECK(path.find("/../") == std::string::npos && path.find("//") == std::string::npos);
    ORRERY_CHECK(path.find('\\') == std::string::npos);
  });
  ReadOrRefuse([&] { models::Source::Parse(text); });
}

}  // namespace
}  // namespace orrery::compat::mlflow

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  orrery::compat::mlflow::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
