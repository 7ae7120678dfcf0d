#pragma once

#include "base/file_system.h"
#include "content/content.h"
#include "jobs/types.h"

namespace orrery::jobs {

/// What has to be submitted to run `original` again exactly: the same code, params, seed and environment
/// variables, the packages and the type of GPU that its last attempt really had, and inputs with the digests
/// that they had, so that Submit refuses others. Errors: data_loss (the record of its packages cannot be read).
JobSpec SpecToReproduce(const Job& original, content::Store& content);

/// Throws failed_precondition when an input of `original` is gone or has changed since: names each, with both
/// digests.
void RefuseChangedInputs(const Job& original, FileSystem& files);

}  // namespace orrery::jobs
