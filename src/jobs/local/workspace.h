#pragma once

#include <string>

#include "base/file_system.h"
#include "base/hash.h"
#include "jobs/local/code_source.h"

namespace orrery::jobs::local {

/// Lays the files of `manifest` out in the empty directory `root`. Nothing is written outside of it, whatever
/// the manifest says. Errors: invalid_argument (the manifest, or a link that leaves the tree), not_found,
/// data_loss (content), storage_full.
void LayOut(FileSystem& files, CodeSource& code, const Digest& manifest, const std::string& root);

}  // namespace orrery::jobs::local
