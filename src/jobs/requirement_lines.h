#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orrery::jobs {

/// The lines of a requirements file as pip reads them: those that end with a backslash go on in the next, and comments
/// are left out.
std::vector<std::string> RequirementLines(std::string_view text);

/// `text` of a requirements file that lies in `folder` ("requirements"), as it has to be beside that folder: pip looks for
/// included files (-r, -c) beside the one that names them, and for packages (./package) where it runs.
std::string MovedOutOf(std::string_view folder, std::string_view text);

}  // namespace orrery::jobs
