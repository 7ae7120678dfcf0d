#include "jobs/job_file.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"

namespace orrery::jobs {
namespace {

template <typename T>
std::optional<T> WholeNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr size_t kMostNodes = 100'000;

/// A plain scalar by YAML's core schema.
json::value PlainScalar(const std::string& text, const std::string& path) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  if (const auto integer = WholeNumber<int64_t>(text)) return *integer;
  if (text == ".nan" || text == ".inf" || text == "-.inf")
    throw InvalidField(path, "expected a finite number, got " + text);
  const bool number = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (const auto real = number ? WholeNumber<double>(text) : std::nullopt; real && std::isfinite(*real))
    return *real;
  return json::string(text);
}

/// Turns the YAML tree into JSON, so that the described type is read in one way only.
class Converter {
 public:
  json::value Convert(const YAML::Node& node, const std::string& path, bool as_text, size_t depth) {
    if (depth > kJsonMaxDepth) throw InvalidField(path, "nested too deeply: at most 64 levels");
    // An alias repeats a subtree: without it the result is never larger than the file.
    if (++nodes_ > kMostNodes) throw InvalidField(path, "aliases make the file too large");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return Scalar(node, path, as_text);
      case YAML::NodeType::Sequence:
        return Sequence(node, path, as_text, depth);
      case YAML::NodeType::Map:
        return Map(node, path, as_text, depth);
      default:
        return nullptr;
    }
  }

 private:
  static json::value Scalar(const YAML::Node& node, const std::string& path, bool as_text) {
    const std::string& tag = node.Tag();
    if (tag != "?" && tag != "!" && !tag.empty())
      throw InvalidField(path, "tags are not supported, got " + Quoted(tag));
    const std::string& text = node.Scalar();
    if (!IsUtf8(text)) throw InvalidField(path, "must be valid UTF-8, got " + Quoted(text));
    if (as_text || tag == "!") return json::string(text);
    return PlainScalar(text, path);
  }

  json::value Sequence(const YAML::Node& node, const std::string& path, bool as_text, size_t depth) {
    json::array items;
    for (const YAML::Node& item : node) {
      const std::string here = path + "[" + std::to_string(items.size()) + "]";
      items.push_back(Convert(item, here, as_text, depth + 1));
    }
    return items;
  }

  json::value Map(const YAML::Node& node, const std::string& path, bool as_text, size_t depth) {
    json::object object;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw InvalidField(path, "a field's name must be text");
      const std::string& key = entry.first.Scalar();
      if (!IsUtf8(key)) throw InvalidField(path, "must be valid UTF-8, got " + Quoted(key));
      const std::string here = internal::Join(path, key);
      if (object.contains(key)) throw InvalidField(here, "is given twice");
      const bool text = as_text || (path.empty() && (key == "params" || key == "env" || key == "command"));
      object.emplace(key, Convert(entry.second, here, text, depth + 1));
    }
    return object;
  }

  size_t nodes_ = 0;
};

}  // namespace

JobSpec ParseJobFile(std::string_view text) {
  if (text.size() > kMostJobFileBytes) {
    throw Error(Code::kInvalidArgument,
                "the job file is too large: at most 1 MiB, got " + std::to_string(text.size()) + " bytes");
  }
  json::value tree;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    tree = Converter().Convert(root, "", false, 1);
  } catch (const YAML::Exception& fault) {
    // yaml-cpp's text begins with line and column.
    throw Error(Code::kInvalidArgument, std::string("the job file is not valid YAML: ") + fault.what());
  }
  return ReadJson<JobSpec>(tree);
}

}  // namespace orrery::jobs
