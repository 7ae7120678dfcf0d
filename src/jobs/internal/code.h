#pragma once

#include <vector>

#include "base/hash.h"
#include "content/content.h"
#include "jobs/job_spec.h"

namespace orrery::jobs::internal {

/// Every object that the job's code consists of: the manifest, the files that it lists, the difference.
/// Errors: failed_precondition, naming code.manifest or code.difference (not uploaded, or some of its files are
/// not); invalid_argument (the object is no manifest).
std::vector<Digest> CodeObjects(const CodeSpec& code, content::Store& store);

}  // namespace orrery::jobs::internal
