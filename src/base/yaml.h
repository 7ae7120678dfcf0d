#pragma once

#include <string_view>
#include <vector>

#include "base/json_parse.h"

namespace orrery {

struct YamlOptions {
  size_t most_bytes = 1 << 20;
  /// Scalars, lists and maps in all; an alias counts as everything that it repeats.
  size_t most_nodes = 100'000;
  /// Fields whose plain numbers and truth values stay the text that stands there, `lr: 0.10` is "0.10": "params" at the
  /// top, "jobs[].params" in each item of a list.
  std::vector<std::string_view> text_fields;
};

/// Turns YAML (core schema, no tags) into JSON, so that a described type is read in one way only. Empty text
/// is null. Errors: invalid_argument with line or field: not YAML, too large, deeper than kJsonMaxDepth, a
/// field twice, a tag, text that is not UTF-8.
json::value ParseYaml(std::string_view text, const YamlOptions& options = {});

}  // namespace orrery
