#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "jobs/record.h"

namespace record = orrery::jobs::record;

namespace {

// What decodes must come back unchanged when it is written again.
template <class Record>
void CheckRoundTrip(const record::Decoded<Record>& decoded,
                    record::Decoded<Record> (*decode)(std::string_view)) {
  if (!decoded.record) return;
  const auto again = decode(record::Encode(*decoded.record));
  if (!again.record || !(*again.record == *decoded.record)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // A checksum is seldom hit by chance: the same bytes are also tried as the fields of a sound record.
  CheckRoundTrip(record::DecodeLaunch(record::Frame("launch", bytes)), record::DecodeLaunch);
  CheckRoundTrip(record::DecodeOutcome(record::Frame("outcome", bytes)), record::DecodeOutcome);
  CheckRoundTrip(record::DecodeLaunch(bytes), record::DecodeLaunch);
  CheckRoundTrip(record::DecodeClaim(bytes), record::DecodeClaim);
  CheckRoundTrip(record::DecodeStarted(bytes), record::DecodeStarted);
  CheckRoundTrip(record::DecodeOutcome(bytes), record::DecodeOutcome);
  return 0;
}
