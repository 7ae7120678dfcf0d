#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "events/event_log.h"

namespace orrery::tracking::internal {

/// Appends "TYPE" about "KIND:ID".
inline void Tell(events::EventLog& events, sql::Writer& writer, std::string_view type, std::string_view kind,
                 std::string_view id, const Actor& by, json::object data = {}) {
  events.Append(writer, {.type = std::string(type),
                         .subject = std::string(kind) + ":" + std::string(id),
                         .actor = by,
                         .data = std::move(data)});
}

}  // namespace orrery::tracking::internal
