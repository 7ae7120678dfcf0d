#include "compat/mlflow/wire.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "base/json_writer.h"
#include "compat/mlflow/non_finite.h"

namespace orrery::compat::mlflow {
namespace {

std::string_view TextOf(const json::value& in) {
  return {in.get_string().data(), in.get_string().size()};
}

std::string Shown(const json::value& in) {
  if (in.is_string()) return Quoted(TextOf(in));
  constexpr size_t kMost = 200;
  std::string text;
  if (in.is_double()) {
    JsonWriter(text).Double(in.get_double());
  } else {
    text = json::serialize(in);
  }
  if (text.size() > kMost)
    text = text.substr(0, text.find_last_of(",:{[", kMost)) + "...";  // a cut at ASCII is UTF-8
  return text;
}

[[noreturn]] void RefuseValue(const Place& place, std::string_view expected, const json::value& in) {
  const std::string path = place.Text();
  throw Error(Code::kInvalidArgument,
              "Invalid value " + Shown(in) + " for parameter '" + path + "' supplied: expected " +
                  std::string(expected),
              path);
}

bool IsJsonContent(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  constexpr std::string_view kJson = "application/json";
  return std::equal(type.begin(), type.end(), kJson.begin(), kJson.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 0x20 : a) == b; });
}

Fields FromQuery(const http::Query& query) {
  Fields fields{.from_query = true};
  for (const auto& [name, value] : query) {
    json::value& slot = fields.object[name];
    if (slot.is_null()) {
      slot = value;
      continue;
    }
    if (slot.is_string()) slot = json::array{slot};
    slot.get_array().emplace_back(value);
  }
  return fields;
}

std::string Camel(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '_' && i + 1 < name.size()) {
      out += static_cast<char>(name[++i] - 0x20);
    } else {
      out += name[i];
    }
  }
  return out;
}

std::optional<bool> BoolFromText(std::string_view text) {
  const auto is = [&](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                      [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is("true")) return true;
  if (is("false")) return false;
  return std::nullopt;
}

template <typename T>
std::optional<T> WholeNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

std::string Place::Text() const {
  std::string out = parent != nullptr ? parent->Text() : "";
  if (index >= 0) return out + "[" + std::to_string(index) + "]";
  if (!out.empty()) out += '.';
  return out += name;
}

void RefuseMissing(const Place& place) {
  const std::string path = place.Text();
  throw Error(Code::kInvalidArgument,
              "Missing value for required parameter '" + path +
                  "'. See the API docs for more information about request parameters.",
              path);
}

Fields ReadBody(std::string_view text) {
  if (text.empty()) return {};
  json::value value = ParseLenientJson(text);
  if (value.is_string()) {
    const std::string inner(TextOf(value));
    value = ParseLenientJson(inner);
  }
  if (!value.is_object()) {
    throw Error(Code::kInvalidArgument, "the body must be a JSON object, got " + Shown(value));
  }
  return {.object = std::move(value.get_object())};
}

Fields ReadFields(const http::Request& request) {
  if (request.method() == http::Method::kGet || request.method() == http::Method::kHead) {
    return FromQuery(request.query());
  }
  // Only one reading of a request can be authorised: fields come from one place.
  if (!request.query().empty()) {
    throw Error(Code::kInvalidArgument,
                "this call takes its fields from the body: remove the query from the URL");
  }
  const bool may_omit = request.method() == http::Method::kDelete && request.body().empty();
  if (!may_omit && !IsJsonContent(request.headers().Get("Content-Type"))) {
    throw Error(Code::kInvalidArgument, "Bad Request. Content-Type must be one of ['application/json'].");
  }
  return ReadBody(request.body());
}

namespace internal {

bool Spells(std::string_view key, std::string_view name) {
  if (key == name) return true;
  if (key.size() >= name.size()) return false;
  size_t k = 0;
  for (size_t n = 0; n < name.size(); ++n, ++k) {
    if (k >= key.size()) return false;
    if (name[n] == '_') {
      if (++n >= name.size() || key[k] != name[n] - 0x20) return false;
    } else if (key[k] != name[n]) {
      return false;
    }
  }
  return k == key.size();
}

void RefuseTwice(const Place& place) {
  const std::string path = place.Text();
  throw Error(Code::kInvalidArgument,
              "Request specifies both '" + path + "' and '" + Camel(path) + "'; provide only one of them.",
              path);
}

void RefuseNul(const Place& place) {
  const std::string path = place.Text();
  throw Error(Code::kInvalidArgument, "a key has a NUL character: parameter '" + path + "'", path);
}

std::string ReadText(const json::value& in, const Place& place) {
  if (!in.is_string()) RefuseValue(place, "a string", in);
  const std::string_view text = TextOf(in);
  if (text.find('\0') != std::string_view::npos) RefuseValue(place, "text without NUL characters", in);
  return std::string(text);
}

int64_t ReadInteger(const json::value& in, const Place& place) {
  constexpr std::string_view kExpected = "an integer of 64 bits";
  if (in.is_int64()) return in.get_int64();
  if (in.is_double()) {
    const double value = in.get_double();
    if (value != std::floor(value) || std::abs(value) >= 0x1p63) RefuseValue(place, kExpected, in);
    return static_cast<int64_t>(value);
  }
  if (!in.is_string()) RefuseValue(place, kExpected, in);
  const auto value = WholeNumber<int64_t>(TextOf(in));
  if (!value) RefuseValue(place, kExpected, in);
  return *value;
}

double ReadNumber(const json::value& in, const Place& place) {
  if (in.is_number()) return in.to_number<double>();
  if (const auto value = NonFiniteOf(in)) return *value;
  if (!in.is_string()) RefuseValue(place, "a number", in);
  const std::string_view text = TextOf(in);
  if (const auto value = NonFiniteNamed(text)) return *value;
  const auto value = WholeNumber<double>(text);
  if (!value || !std::isfinite(*value)) RefuseValue(place, "a number", in);
  return *value;
}

bool ReadFlag(const json::value& in, const Place& place) {
  if (in.is_bool()) return in.get_bool();
  const auto value = in.is_string() ? BoolFromText(TextOf(in)) : std::nullopt;
  if (!value) RefuseValue(place, "true or false", in);
  return *value;
}

const json::array& ReadList(const json::value& in, const Place& place) {
  if (!in.is_array()) RefuseValue(place, "an array", in);
  return in.get_array();
}

const json::object& ReadStruct(const json::value& in, const Place& place) {
  if (!in.is_object()) RefuseValue(place, "an object", in);
  return in.get_object();
}

std::optional<size_t> ReadEnumIndex(const json::value& in, const std::vector<std::string>& names,
                                    const Place& place) {
  if (in.is_string()) {
    const auto number = WholeNumber<int64_t>(TextOf(in));
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] == TextOf(in) || number == static_cast<int64_t>(i + 1)) return i;
    }
    return std::nullopt;
  }
  const int64_t number = ReadInteger(in, place);
  if (number < 1 || number > static_cast<int64_t>(names.size())) return std::nullopt;
  return static_cast<size_t>(number - 1);
}

}  // namespace internal

}  // namespace orrery::compat::mlflow
