#include <string>

#include "jobs/local/environment.h"

namespace orrery::jobs::local {
namespace {

// $1 the interpreter, $2 the environment, $3 the text, $4 its kind, $5 the attempt, $6 the program that reads what the
// environment came to off pip's report. Python is isolated (-I) from the working directory, where a file of the code may be
// called json.py; the text is put there, since pip looks for what it includes beside it.
constexpr char kBuild[] = R"sh(
hold "$2"
if [ ! -e "$2/complete" ]; then
  echo "environment: building $2"
  rm -rf "$2"
  "$1" -I -m venv "$2"
  mkdir "$2/resolved"
  python="$2/bin/python"
  text=$(mktemp ./requirements.XXXXXX)
  trap 'rm -f "$text"' EXIT
  cp "$3" "$text"
  pip() { "$python" -I -u -m pip "$@"; }
  if [ "$4" = lock ]; then
    pip install --no-input --disable-pip-version-check --require-hashes --no-deps -r "$text"
    cp "$3" "$2/resolved/lock"
  elif pip install --help | grep -e --report > /dev/null; then
    pip install --no-input --disable-pip-version-check --report "$2/report.json" -r "$text"
    "$python" -I -c "$6" "$2/report.json" "$text" "$2/resolved"
  else
    pip install --no-input --disable-pip-version-check -r "$text"
    pip freeze --all --disable-pip-version-check > "$2/resolved/requirements"
  fi
  finish "$2"
fi
give "$2" "$5"
)sh";

// Writes a lock where every package has a hash, and else exact requirements: pip takes no unhashed package beside hashed
// ones.
constexpr char kResolve[] = R"py(
import hashlib, json, os, platform, re, sys, urllib.parse, urllib.request

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

# What lies in the working directory is named from there: it is elsewhere next time.
def local(url):
    path = urllib.request.url2pathname(urllib.parse.urlparse(url).path) if url.startswith("file:") else ""
    if path.startswith("/./"):  # what pip makes of file:./
        path = path[1:]
    below = os.path.relpath(path) if path else ".."
    return None if below.split("/")[0] == ".." else "./" + below

def pin(item):
    name, version = item["metadata"]["name"], item["metadata"]["version"]
    info = item["download_info"]
    url = info["url"]
    here = local(url)
    editable = "-e " if info.get("dir_info", {}).get("editable") else ""
    if info.get("subdirectory"):
        url += "#subdirectory=" + info["subdirectory"]
    if "vcs_info" in info:
        vcs = info["vcs_info"]
        head, _, tail = url.partition("#")
        return "%s @ %s+%s@%s%s" % (name, vcs["vcs"], head, vcs["commit_id"], tail and "#" + tail), []
    if "archive_info" not in info:
        return editable + (here or (url if editable else "%s @ %s" % (name, url))), []
    if item.get("is_direct"):
        return here or "%s @ %s" % (name, url), hashes(info["url"], info["archive_info"])
    return "%s==%s" % (name, version), hashes(info["url"], info["archive_info"])

# Where the packages were found: an exact version is worth nothing without its index.
def sources(path, seen):
    if path in seen or not os.path.isfile(path):
        return
    seen.add(path)
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    for line in lines:
        word, _, rest = re.sub(r"^(-[rfi]|--[a-z-]+=)(?=\S)", r"\1 ", line).partition(" ")
        value, word = rest.strip(), word.rstrip("=")
        if word in ("-r", "--requirement"):
            yield from sources(os.path.join(os.path.dirname(path), value), seen)
        elif word in ("-f", "--find-links"):
            beside = os.path.join(os.path.dirname(path), value)
            yield "-f " + (os.path.relpath(beside) if not os.path.isabs(value) and os.path.exists(beside) else value)
        elif word in ("-i", "--index-url", "--extra-index-url", "--no-index", "--trusted-host"):
            yield line

with open(report, encoding="utf-8") as file:
    told = json.load(file)
pins = sorted((pin(item) for item in told["install"]), key=lambda each: each[0].lower())
options = list(dict.fromkeys(sources(requirements, set())))
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
               std::string(kBuildFunctions) + kBuild,
               "environment",
               python,
               environment.directory,
               attempt.Path(field.c_str()),
               field,
               attempt.directory(),
               kResolve};
  step.timeout_ms = kBuildTimeoutMs;
  return step;
}

}  // namespace orrery::jobs::local
