#pragma once

#include <string_view>

namespace orrery::api {

/// Tells an artifact's content type by its name; "application/octet-stream" where the name does not say.
std::string_view ContentTypeOf(std::string_view path);

}  // namespace orrery::api
