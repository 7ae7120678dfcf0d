#include "compat/mlflow/non_finite.h"

#include <limits>
#include <utility>

#include "base/error.h"

namespace orrery::compat::mlflow {
namespace {

constexpr std::pair<std::string_view, double> kNames[] = {
    {"NaN", std::numeric_limits<double>::quiet_NaN()},
    {"Infinity", std::numeric_limits<double>::infinity()},
    {"-Infinity", -std::numeric_limits<double>::infinity()},
};

// A key that no client has reason to send.
constexpr std::string_view kMark = "\x7fnon-finite";

/// `text` with each bare word replaced by {kMark: word}; none if it has no such word.
std::optional<std::string> MarkWords(std::string_view text) {
  std::string out;
  size_t copied = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
      continue;
    }
    if (c == '"') {
      quoted = true;
      continue;
    }
    if (c != 'N' && c != 'I' && c != '-') continue;
    for (const auto& [name, value] : kNames) {
      if (!text.substr(i).starts_with(name)) continue;
      out.append(text, copied, i - copied);
      ((((out += "{\"") += kMark) += "\":\"") += name) += "\"}";
      i += name.size() - 1;
      copied = i + 1;
      break;
    }
  }
  if (copied == 0) return std::nullopt;
  return out.append(text, copied);
}

}  // namespace

json::value ParseLenientJson(std::string_view text) {
  try {
    return ParseJson(text);
  } catch (const Error&) {
    const auto marked = MarkWords(text);
    if (!marked) throw;
    return ParseJson(*marked);
  }
}

std::optional<double> NonFiniteOf(const json::value& value) {
  if (!value.is_object() || value.get_object().size() != 1) return std::nullopt;
  const auto& [key, name] = *value.get_object().begin();
  if (std::string_view(key) != kMark || !name.is_string()) return std::nullopt;
  return NonFiniteNamed(std::string_view(name.get_string().data(), name.get_string().size()));
}

std::optional<double> NonFiniteNamed(std::string_view text) {
  for (const auto& [name, value] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace orrery::compat::mlflow
