#pragma once

#include <string>
#include <string_view>

#include "http/router.h"

namespace orrery::http {

/// The OpenAPI 3.1 document of every route under `prefix`, as JSON text.
std::string OpenApiDocument(const Router& router, std::string_view title, std::string_view version,
                            std::string_view prefix = "/api/v1");

}  // namespace orrery::http
