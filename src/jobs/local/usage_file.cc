#include "jobs/local/usage_file.h"

#include <charconv>

namespace orrery::jobs::local {
namespace {

// Takes a number and one blank, if there is one, off the front of `line`.
bool Take(std::string_view& line, std::int64_t& value) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (line.starts_with(' ')) line.remove_prefix(1);
  return true;
}

}  // namespace

UsageLines ParseUsage(std::string_view text) {
  UsageLines lines;
  for (std::size_t end = 0; (end = text.find('\n', lines.length)) != std::string_view::npos;
       lines.length = end + 1) {
    std::string_view line = text.substr(lines.length, end - lines.length);
    UsageSample sample;
    // A line that a full disk cut short runs into the next one: neither counts.
    const bool whole = Take(line, sample.at_us) && Take(line, sample.cpu_us) &&
                       Take(line, sample.memory_bytes) && Take(line, sample.read_bytes) &&
                       Take(line, sample.write_bytes) && Take(line, sample.rx_bytes) &&
                       Take(line, sample.tx_bytes) && line.empty();
    if (whole) lines.samples.push_back(sample);
  }
  return lines;
}

}  // namespace orrery::jobs::local
