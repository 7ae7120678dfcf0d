#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery::jobs {

/// The lines of a requirements file as pip reads them: those that end with a backslash go on in the next, and comments
/// are left out.
std::vector<std::string> RequirementLines(std::string_view text);

}  // namespace orrery::jobs
