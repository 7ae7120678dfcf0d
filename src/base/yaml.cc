#include "base/yaml.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include <yaml-cpp/yaml.h>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"

namespace orrery {
namespace {

template <typename T>
std::optional<T> WholeNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

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
  explicit Converter(const YamlOptions& options) : options_(options) {}

  json::value Convert(const YAML::Node& node, const std::string& path, bool as_text, size_t depth) {
    if (depth > kJsonMaxDepth)
      throw InvalidField(path, "nested too deeply: at most " + std::to_string(kJsonMaxDepth) + " levels");
    // An alias repeats a subtree: a few lines of them can stand for more than any memory holds.
    if (++nodes_ > options_.most_nodes) {
      throw InvalidField(
          path, "too many values, aliases written out: at most " + std::to_string(options_.most_nodes));
    }
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

  bool StaysText(const std::string& path) const {
    std::string field = path;
    for (size_t open = 0; (open = field.find('[', open)) != std::string::npos; ++open) {
      const size_t close = field.find(']', open);
      if (close != std::string::npos) field.erase(open + 1, close - open - 1);
    }
    return std::ranges::count(options_.text_fields, field) > 0;
  }

  json::value Map(const YAML::Node& node, const std::string& path, bool as_text, size_t depth) {
    json::object object;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw InvalidField(path, "a field's name must be text");
      const std::string& key = entry.first.Scalar();
      if (!IsUtf8(key)) throw InvalidField(path, "must be valid UTF-8, got " + Quoted(key));
      const std::string here = internal::Join(path, key);
      if (object.contains(key)) throw InvalidField(here, "is given twice");
      object.emplace(key, Convert(entry.second, here, as_text || StaysText(here), depth + 1));
    }
    return object;
  }

  const YamlOptions& options_;
  size_t nodes_ = 0;
};

}  // namespace

json::value ParseYaml(std::string_view text, const YamlOptions& options) {
  if (text.size() > options.most_bytes) {
    throw Error(Code::kInvalidArgument, "YAML text is too large: at most " +
                                            std::to_string(options.most_bytes) + " bytes, got " +
                                            std::to_string(text.size()));
  }
  try {
    return Converter(options).Convert(YAML::Load(std::string(text)), "", false, 1);
  } catch (const YAML::Exception& fault) {
    // yaml-cpp's text begins with line and column.
    throw Error(Code::kInvalidArgument, std::string("not valid YAML: ") + fault.what());
  }
}

}  // namespace orrery
