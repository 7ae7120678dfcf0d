#include <string>

#include "jobs/local/environment.h"

namespace orrery::jobs::local {
namespace {

constexpr std::int64_t kBuildTimeoutMs = 60LL * 60 * 1000;

// $1 the interpreter, $2 the environment, $3 the text, $4 its kind, $5 where the attempt keeps what it came to, $6 the
// program that reads that off pip's report.
constexpr char kBuild[] = R"sh(set -eu
mkdir -p "$(dirname "$2")"
exec 9>> "$2.lock"
if ! flock -n 9; then
  echo "environment: waiting for another job that builds the same one"
  flock 9
fi
if [ ! -e "$2/complete" ]; then
  echo "environment: building $2"
  rm -rf "$2"
  "$1" -m venv "$2"
  mkdir "$2/resolved"
  python="$2/bin/python"
  if [ "$4" = lock ]; then
    "$python" -m pip install --no-input --disable-pip-version-check --require-hashes --no-deps -r "$3"
    cp "$3" "$2/resolved/lock"
  elif "$python" -m pip install --help | grep -e --report > /dev/null; then
    "$python" -m pip install --no-input --disable-pip-version-check --report "$2/report.json" -r "$3"
    "$python" -c "$6" "$2/report.json" "$3" "$2/resolved"
  else
    "$python" -m pip install --no-input --disable-pip-version-check -r "$3"
    "$python" -m pip freeze --all --disable-pip-version-check > "$2/resolved/requirements"
  fi
  sync -f "$2"
  mv "$(mktemp "$2/complete.XXXXXX")" "$2/complete"
  echo "environment: ready"
fi
touch "$2/used"
mkdir -p "$5"
cp "$2"/resolved/* "$5"
)sh";

// Writes a lock where every package has a hash, and else exact requirements: pip takes no unhashed package beside hashed
// ones.
constexpr char kResolve[] = R"py(
import hashlib, json, os, platform, sys, urllib.parse, urllib.request

report, requirements, folder = sys.argv[1:]

def hashes(url, archive):
    found = dict(archive.get("hashes") or {})
    if not found and archive.get("hash"):
        found = dict([archive["hash"].split("=", 1)])
    if not found and url.startswith("file:"):
        path = urllib.request.url2pathname(urllib.parse.urlparse(url).path)
        with open(path, "rb") as file:
            found = {"sha256": hashlib.sha256(file.read()).hexdigest()}
    return ["%s:%s" % item for item in sorted(found.items()) if item[0] in ("sha256", "sha384", "sha512")]

def pin(item):
    name, version = item["metadata"]["name"], item["metadata"]["version"]
    info = item["download_info"]
    url = info["url"]
    if info.get("subdirectory"):
        url += "#subdirectory=" + info["subdirectory"]
    if "vcs_info" in info:
        vcs = info["vcs_info"]
        head, _, tail = url.partition("#")
        return "%s @ %s+%s@%s%s" % (name, vcs["vcs"], head, vcs["commit_id"], tail and "#" + tail), []
    if "archive_info" not in info:
        return "%s @ %s" % (name, url), []
    text = "%s @ %s" % (name, url) if item.get("is_direct") else "%s==%s" % (name, version)
    return text, hashes(info["url"], info["archive_info"])

with open(report, encoding="utf-8") as file:
    told = json.load(file)
pins = sorted((pin(item) for item in told["install"]), key=lambda each: each[0].lower())
# Where the packages were found: an exact version is worth nothing without its index.
sources = ("-i ", "-f ", "--index-url", "--extra-index-url", "--find-links", "--no-index", "--trusted-host")
with open(requirements, encoding="utf-8") as file:
    options = [line.strip() for line in file if line.strip().startswith(sources)]
lines = ["# Python %s on %s, pip %s" % (platform.python_version(), platform.machine(), told["pip_version"])]
lines += options
for text, sums in pins:
    lines.append(" \\\n    --hash=".join([text] + sums))
exact = all(sums for _, sums in pins)
with open(os.path.join(folder, "lock" if exact else "requirements"), "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
)py";

}  // namespace

record::Step PipStep(const CachedEnvironment& environment, const std::string& python,
                     const ChosenEnvironment& chosen, const AttemptFiles& attempt) {
  const std::string field(chosen.field);
  record::Step step;
  step.label = "prepare environment";
  step.argv = {"/bin/sh",
               "-c",
               kBuild,
               "environment",
               python,
               environment.directory,
               attempt.Path(field.c_str()),
               field,
               attempt.Path(AttemptFiles::kResolved),
               kResolve};
  step.timeout_ms = kBuildTimeoutMs;
  return step;
}

}  // namespace orrery::jobs::local
