#include "base/error.h"

#include <array>
#include <cstdio>

namespace orrery {

std::string_view CodeName(Code code) {
  static constexpr std::array<std::string_view, 13> kNames = {
      "invalid_argument",  "not_found",       "already_exists",     "failed_precondition",
      "permission_denied", "unauthenticated", "resource_exhausted", "storage_full",
      "aborted",           "unimplemented",   "data_loss",          "unavailable",
      "internal"};
  return kNames.at(static_cast<size_t>(code));
}

Error InvalidField(std::string_view field, std::string_view message) {
  std::string text(field);
  text += text.empty() ? "" : ": ";
  text += message;
  return Error(Code::kInvalidArgument, text, std::string(field));
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 120;
  std::string out = "\"";
  for (const char c : text.substr(0, kLongest)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned char>(c));
      out += escaped.data();
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  if (text.size() > kLongest) out += "...";
  return out + "\"";
}

}  // namespace orrery
