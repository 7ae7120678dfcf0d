#pragma once

#include <string_view>

#include <boost/json/value.hpp>

namespace orrery {

namespace json = boost::json;

inline constexpr size_t kJsonMaxDepth = 64;

/// Parses one JSON document: RFC 8259, at most kJsonMaxDepth levels deep, no key twice in an object, valid
/// UTF-8. Errors: invalid_argument, with the offset of the fault.
json::value ParseJson(std::string_view text);

}  // namespace orrery
