#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::http {

/// One server-sent event as text/event-stream: "id: 7\nevent: job.started\ndata: {...}\n\n". Newlines in
/// `data` become several data lines; `id` and `event` must be without.
std::string EventText(std::string_view id, std::string_view event, std::string_view data);

inline constexpr std::string_view kEventStream = "text/event-stream";
/// What a silent event stream sends: a comment.
inline constexpr std::string_view kEventComment = ": keep-alive\n\n";

}  // namespace orrery::http
