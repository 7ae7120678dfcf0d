#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "jobs/job_file.h"
#include "jobs/validate.h"

using orrery::Error;
using orrery::FromJson;
using orrery::ToJson;
using orrery::jobs::JobSpec;

namespace {

// Bad input ends in an Error that blames the caller, never in another exception; what is accepted comes back
// unchanged when it is written and read again.
void Check(const JobSpec& spec) {
  orrery::jobs::ValidateSpec(spec);
  orrery::jobs::WhyNever(spec, {{"node", 2, 1LL << 32, {}}});
  const std::string text = ToJson(spec);
  if (ToJson(FromJson<JobSpec>(text)) != text) std::abort();
}

template <typename Read>
void Try(Read read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.code() != orrery::Code::kInvalidArgument) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Try([&] {
    for (const JobSpec& spec : orrery::jobs::ParseJobFile(text).jobs) Check(spec);
  });
  Try([&] { Check(FromJson<JobSpec>(text)); });
  return 0;
}
