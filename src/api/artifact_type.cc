#include "api/artifact_type.h"

#include <algorithm>
#include <string>
#include <utility>

namespace orrery::api {
namespace {

using std::string_view_literals::operator""sv;

constexpr auto kText = "text/plain; charset=utf-8"sv;
constexpr auto kUnknown = "application/octet-stream"sv;

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"cfg", kText},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ini", kText},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"json", "application/json"},
    {"jsonl", "application/x-ndjson"},
    {"log", kText},
    {"md", "text/markdown; charset=utf-8"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"py", kText},
    {"sh", kText},
    {"sql", kText},
    {"svg", "image/svg+xml"},
    {"toml", kText},
    {"tsv", "text/tab-separated-values; charset=utf-8"},
    {"txt", kText},
    {"webp", "image/webp"},
    {"xml", "application/xml"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
};

}  // namespace

std::string_view ContentTypeOf(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name == "MLmodel") return "application/yaml";
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return kUnknown;
  std::string ending(name.substr(dot + 1));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const auto& type) { return type.first == ending; });
  return found == std::end(kTypes) ? kUnknown : found->second;
}

}  // namespace orrery::api
