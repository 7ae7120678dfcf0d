#include "jobs/reproduce.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "jobs/internal/inputs.h"

namespace orrery::jobs {
namespace {

/// What is wrong with an input by now, in words; empty: nothing.
std::string WhatChanged(const InputSpec& recorded, FileSystem& files) {
  std::vector<InputSpec> now = {{.path = recorded.path, .digest = std::nullopt, .size = std::nullopt}};
  try {
    internal::HashInputs(now, files);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    return Quoted(recorded.path) + " cannot be read any more";
  }
  if (now[0].digest == recorded.digest) return {};
  return Quoted(recorded.path) + " has changed: it was " + recorded.digest.value_or("not hashed") +
         " and is " + now[0].digest.value();
}

/// What the packages of the last attempt that recorded them came to.
std::optional<EnvironmentSpec> ResolvedEnvironment(const Job& original, content::Store& content) {
  for (auto attempt = original.attempts.rbegin(); attempt != original.attempts.rend(); ++attempt) {
    if (!attempt->environment) continue;
    try {
      return FromJson<EnvironmentSpec>(content.ReadAll(*attempt->environment));
    } catch (const Error& error) {
      throw Error(Code::kDataLoss, "the record of the run's packages cannot be read: " +
                                       attempt->environment->text() + ": " + error.what());
    }
  }
  return std::nullopt;
}

/// The type of the GPUs that the last attempt with any had.
std::optional<std::string> GpuTypeOf(const Job& original) {
  for (auto attempt = original.attempts.rbegin(); attempt != original.attempts.rend(); ++attempt) {
    if (attempt->gpu_type) return attempt->gpu_type;
  }
  return std::nullopt;
}

}  // namespace

void RefuseChangedInputs(const Job& original, FileSystem& files) {
  std::string changed;
  for (const InputSpec& input : original.spec.inputs) {
    const std::string what = WhatChanged(input, files);
    if (!what.empty()) changed += (changed.empty() ? "" : "; ") + what;
  }
  if (changed.empty()) return;
  throw Error(Code::kFailedPrecondition,
              "the run cannot be reproduced, since an input is not what it was: " + changed, "inputs");
}

JobSpec SpecToReproduce(const Job& original, content::Store& content) {
  JobSpec spec = original.spec;
  spec.reproduces = original.run_id;
  if (auto resolved = ResolvedEnvironment(original, content)) spec.environment = std::move(*resolved);
  if (spec.gpus > 0 && !spec.gpu_type) spec.gpu_type = GpuTypeOf(original);
  // What it ran after has ended.
  spec.after.clear();
  return spec;
}

}  // namespace orrery::jobs
