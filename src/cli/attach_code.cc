#include "cli/attach_code.h"

#include <algorithm>
#include <map>

#include <boost/describe/class.hpp>

#include "cli/capture.h"

namespace orrery::cli {
namespace {

struct Digests {
  std::vector<Digest> digests;
};
BOOST_DESCRIBE_STRUCT(Digests, (), (digests))

struct Missing {
  std::vector<Digest> missing;
};
BOOST_DESCRIBE_STRUCT(Missing, (), (missing))

void Upload(Client& client, Context& context, const CapturedCode& code,
            const std::vector<std::string>& texts) {
  std::map<Digest, const std::string*> text_by_digest;
  Digests all;
  for (const auto& [digest, source] : code.sources) all.digests.push_back(digest);
  for (const std::string& text : texts) {
    text_by_digest.emplace(DigestOf(text), &text);
    all.digests.push_back(DigestOf(text));
  }
  for (const Digest& digest : client.Query<Missing>("/api/v1/content/missing", all).missing) {
    const std::string target = "/api/v1/content/" + digest.text();
    if (const auto text = text_by_digest.find(digest); text != text_by_digest.end()) {
      client.PutBytes(target, *text->second);
      continue;
    }
    const CapturedCode::Source& source = code.sources.at(digest);
    if (source.is_link) {
      client.PutBytes(target, source.path_or_target);
    } else {
      client.PutFile(target, *context.files.Open(source.path_or_target, OpenMode::kRead));
    }
  }
}

}  // namespace

void AttachCode(Client& client, Context& context, const std::string& folder,
                const std::optional<std::string>& entry, std::vector<jobs::JobSpec>& specs) {
  const auto lacks_code = [](const jobs::JobSpec& spec) { return !spec.code; };
  if (std::ranges::none_of(specs, lacks_code)) return;
  const CapturedCode code = CaptureCode(context.files, context.processes, folder);
  std::vector<std::string> texts = {code.manifest.Text()};
  if (code.difference) texts.push_back(*code.difference);
  Upload(client, context, code, texts);
  jobs::CodeSpec attached{.manifest = DigestOf(texts[0]).text(), .entry = entry, .commit = code.commit};
  if (code.commit) attached.dirty = code.dirty;
  if (code.difference) attached.difference = DigestOf(*code.difference).text();
  for (jobs::JobSpec& spec : specs) {
    if (lacks_code(spec)) spec.code = attached;
  }
}

}  // namespace orrery::cli
