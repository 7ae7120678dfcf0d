#pragma once

#include <string>
#include <string_view>

#include "jobs/job_spec.h"

namespace orrery::jobs {

/// The one kind of environment that a spec asks for: the name of the field that is set, and its text.
struct ChosenEnvironment {
  std::string_view field;  ///< "requirements", "lock", "conda", "image"
  std::string text;
};

/// Takes a spec apart. Errors: invalid_argument (none of the kinds, or several, are given).
ChosenEnvironment Chosen(const EnvironmentSpec& spec);

/// The spec that asks for `chosen`.
EnvironmentSpec SpecOf(const ChosenEnvironment& chosen);

/// Refuses what could not be built anywhere. Errors: invalid_argument, naming the field.
void ValidateEnvironment(const EnvironmentSpec& spec);

}  // namespace orrery::jobs
