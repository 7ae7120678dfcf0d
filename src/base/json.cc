#include "base/json.h"

#include <cmath>

namespace orrery::internal {
namespace {

std::string Shown(const json::value& in) {
  switch (in.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::object:
      return "an object";
    case json::kind::array:
      return "an array";
    case json::kind::string:
      return "the string " + Quoted(std::string_view(in.get_string().data(), in.get_string().size()));
    default:
      return json::serialize(in);
  }
}

[[noreturn]] void Refuse(const std::string& path, std::string_view expected, const json::value& in) {
  throw InvalidField(path, "expected " + std::string(expected) + ", got " + Shown(in));
}

}  // namespace

std::string Join(const std::string& path, std::string_view field) {
  return path.empty() ? std::string(field) : path + "." + std::string(field);
}

bool ReadBool(const json::value& in, const std::string& path) {
  if (!in.is_bool()) Refuse(path, "true or false", in);
  return in.get_bool();
}

int64_t ReadInt(const json::value& in, const std::string& path, int64_t least, int64_t most) {
  const auto refuse = [&] {
    Refuse(path, "an integer from " + std::to_string(least) + " to " + std::to_string(most), in);
  };
  int64_t value = 0;
  if (in.is_int64()) {
    value = in.get_int64();
  } else if (in.is_double() && in.get_double() == std::floor(in.get_double()) &&
             std::abs(in.get_double()) < 0x1p53) {
    value = static_cast<int64_t>(in.get_double());  // 1.0 and 1e3 are integers too
  } else {
    refuse();
  }
  if (value < least || value > most) refuse();
  return value;
}

uint64_t ReadUint(const json::value& in, const std::string& path, uint64_t most) {
  uint64_t value = 0;
  if (in.is_uint64()) {
    value = in.get_uint64();
  } else if (in.is_int64() && in.get_int64() >= 0) {
    value = static_cast<uint64_t>(in.get_int64());
  } else {
    Refuse(path, "an integer from 0 to " + std::to_string(most), in);
  }
  if (value > most) Refuse(path, "an integer from 0 to " + std::to_string(most), in);
  return value;
}

double ReadDouble(const json::value& in, const std::string& path) {
  if (!in.is_number()) Refuse(path, "a number", in);
  const double value = in.to_number<double>();
  if (!std::isfinite(value)) Refuse(path, "a finite number", in);
  return value;
}

double ReadAnyDouble(const json::value& in, const std::string& path) {
  if (in.is_string()) {
    const std::string_view name = in.get_string();
    if (name == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (name == "Infinity") return std::numeric_limits<double>::infinity();
    if (name == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  return ReadDouble(in, path);
}

std::string ReadString(const json::value& in, const std::string& path) {
  if (!in.is_string()) Refuse(path, "a string", in);
  const json::string& text = in.get_string();
  if (std::string_view(text.data(), text.size()).find('\0') != std::string_view::npos) {
    throw InvalidField(path, "text must not contain a NUL character");
  }
  return std::string(text.data(), text.size());
}

const json::array& ReadArray(const json::value& in, const std::string& path) {
  if (!in.is_array()) Refuse(path, "an array", in);
  return in.get_array();
}

const json::object& ReadObject(const json::value& in, const std::string& path) {
  if (!in.is_object()) Refuse(path, "an object", in);
  return in.get_object();
}

}  // namespace orrery::internal
