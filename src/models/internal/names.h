#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/types.h"

/// What names, tags and aliases may look like. Errors of all: invalid_argument with the field.
namespace orrery::models {

/// A registered model's name: 1 to 256 bytes, no '/' or ':', not "." or "..".
void CheckModelName(std::string_view name, std::string_view field = "name");
/// Letters, digits, '_' and '-', at most 255; `for_writing` also refuses "latest" and "v12".
void CheckAlias(std::string_view alias, bool for_writing);
/// Keys to 250 characters of letters, digits, '_', '-', '.', '/', ':' and space; values to 100,000 bytes.
void CheckTag(const Tag& tag);
void CheckTagKey(std::string_view key);
void CheckDescription(const std::optional<std::string>& description);

/// Of one key given twice the last counts. Errors: as CheckTag.
std::vector<Tag> CheckedTags(const std::vector<Tag>& tags);

}  // namespace orrery::models
