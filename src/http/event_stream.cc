#include "http/event_stream.h"

#include <algorithm>

#include "base/check.h"

namespace orrery::http {

std::string EventText(std::string_view id, std::string_view event, std::string_view data) {
  ORRERY_CHECK(id.find_first_of("\r\n") == std::string_view::npos);
  ORRERY_CHECK(event.find_first_of("\r\n") == std::string_view::npos);
  std::string out;
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  for (;;) {
    const std::string_view line = data.substr(0, data.find_first_of("\r\n"));
    out.append("data: ").append(line).append("\n");
    if (line.size() == data.size()) break;
    data.remove_prefix(line.size() + (data.substr(line.size()).starts_with("\r\n") ? 2 : 1));
  }
  return out + "\n";
}

}  // namespace orrery::http
