#include "jobs/internal/code.h"

#include <algorithm>

#include "base/error.h"
#include "content/manifest.h"

namespace orrery::jobs::internal {
namespace {

content::Manifest ReadManifest(const Digest& digest, content::Store& store) {
  std::string text;
  try {
    text = store.ReadAll(digest);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    throw Error(Code::kFailedPrecondition,
                "code.manifest is not stored here: upload it first: " + digest.text(), "code.manifest");
  }
  try {
    return content::Manifest::Parse(text);
  } catch (const Error& error) {
    throw InvalidField("code.manifest", std::string("the object is not a manifest: ") + error.what());
  }
}

}  // namespace

std::vector<Digest> CodeObjects(const CodeSpec& code, content::Store& store) {
  const Digest manifest = Digest::Parse(code.manifest, "code.manifest");
  std::vector<Digest> objects = {manifest};
  for (const content::ManifestEntry& entry : ReadManifest(manifest, store).entries)
    objects.push_back(entry.digest);
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  const std::vector<Digest> missing = store.Missing(objects);
  if (!missing.empty()) {
    throw Error(Code::kFailedPrecondition,
                "files of code.manifest are not stored here: upload them first: " +
                    std::to_string(missing.size()) + " missing, such as " + missing.front().text(),
                "code.manifest");
  }
  if (code.difference) {
    const Digest difference = Digest::Parse(*code.difference, "code.difference");
    if (!store.Find(difference)) {
      throw Error(Code::kFailedPrecondition,
                  "code.difference is not stored here: upload it first: " + difference.text(),
                  "code.difference");
    }
    if (std::find(objects.begin(), objects.end(), difference) == objects.end()) objects.push_back(difference);
  }
  return objects;
}

}  // namespace orrery::jobs::internal
