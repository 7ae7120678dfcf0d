#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery::jobs {

/// Whether `text` is a list of exact packages, one URL a line behind "@EXPLICIT", and no environment.yml.
bool IsExplicit(std::string_view text);

/// What an environment.yml, or an exact list in lines that begin with "# pip: ", has pip install, as the text of a requirements file; empty: nothing. None: it cannot be told,
/// since the list is not written item by item.
std::optional<std::string> PipPartOf(std::string_view text);

}  // namespace orrery::jobs
