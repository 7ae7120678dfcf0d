#include <optional>
#include <string>

#include "jobs/local/environment.h"
#include "jobs/local/this_machine.h"

namespace orrery::jobs::local {
namespace {

// $1 the solver, $2 the environment, $3 the text, $4 the attempt, $5 "own" where the text stands for itself, $6 the program
// that names what pip installed beside. In the working directory a text finds what it names there; another one is kept from
// the code's files, which pip would take for its own modules.
constexpr char kBuild[] = R"sh(
hold "$2"
if [ ! -e "$2/complete" ]; then
  echo "environment: building $2"
  rm -rf "$2"
  export CONDA_ALWAYS_YES=1 MAMBA_ALWAYS_YES=1 PIP_NO_INPUT=1 PYTHONSAFEPATH=1
  if [ "$5" = own ]; then cd "$4"; fi
  text=$(mktemp ./environment.XXXXXX)
  trap 'rm -f "$text" "$text.yml" "$text.txt"' EXIT
  exact=
  if grep -qx '@EXPLICIT[[:space:]]*' "$3"; then exact=1; fi
  pins="$(grep '^# pip: ' "$3" | sed 's/^# pip: //')"
  case "${1##*/}:$exact" in
    micromamba:) cp "$3" "$text.yml" && "$1" create -y -p "$2" -f "$text.yml" ;;
    micromamba:1) cp "$3" "$text.txt" && "$1" create -y -p "$2" -f "$text.txt" ;;
    *:) cp "$3" "$text.yml" && "$1" env create -p "$2" -f "$text.yml" ;;
    *) cp "$3" "$text.txt" && "$1" create -y -p "$2" --file "$text.txt" ;;
  esac
  if [ -n "$exact" ] && [ -n "$pins" ]; then
    printf '%s\n' "$pins" > "$text"
    "$2/bin/python" -I -u -m pip install --no-input --disable-pip-version-check --no-deps -r "$text"
  fi
  mkdir "$2/resolved"
  if [ -n "$exact" ]; then
    cp "$3" "$2/resolved/conda"
  else
    case "${1##*/}" in
      micromamba) "$1" env export --explicit -p "$2" > "$text" ;;
      *) "$1" list -p "$2" --explicit --md5 > "$text" ;;
    esac
    if ! grep -q '^@EXPLICIT' "$text"; then
      echo "ERROR: $1 does not tell what it installed" >&2
      exit 1
    fi
    if [ -x "$2/bin/python" ]; then "$2/bin/python" -I -c "$6" >> "$text"; fi
    cp "$text" "$2/resolved/conda"
  fi
  finish "$2"
fi
give "$2" "$4"
)sh";

constexpr char kPipPins[] = R"py(
import importlib.metadata, json, os, urllib.parse, urllib.request

for package in sorted(importlib.metadata.distributions(), key=lambda each: each.metadata["Name"].lower()):
    if (package.read_text("INSTALLER") or "").strip() != "pip":
        continue
    pin = "%s==%s" % (package.metadata["Name"], package.version)
    direct = json.loads(package.read_text("direct_url.json") or "{}")
    if "vcs_info" in direct:
        vcs = direct["vcs_info"]
        pin = "%s @ %s+%s@%s" % (package.metadata["Name"], vcs["vcs"], direct["url"], vcs["commit_id"])
    elif direct:
        path = urllib.request.url2pathname(urllib.parse.urlparse(direct["url"]).path)
        below = os.path.relpath(path) if direct["url"].startswith("file:") else ".."
        inside = below.split("/")[0] != ".."
        editable = "-e " if direct.get("dir_info", {}).get("editable") else ""
        pin = editable + "./" + below if inside else "%s @ %s" % (package.metadata["Name"], direct["url"])
    print("# pip: " + pin)
)py";

}  // namespace

std::optional<std::string> FindConda(FileSystem& files, const LocalExecutorOptions& options) {
  if (!options.conda.empty())
    return files.Exists(options.conda) ? std::optional(options.conda) : std::nullopt;
  for (const char* program : {"micromamba", "conda", "mamba"}) {
    if (auto found = FindOnPath(files, options.base_env.at("PATH"), program)) return found;
  }
  return std::nullopt;
}

record::Step CondaStep(const CachedEnvironment& environment, const std::string& conda, bool stands_alone,
                       const AttemptFiles& attempt) {
  record::Step step;
  step.label = "prepare environment";
  step.argv = {"/bin/sh",
               "-c",
               std::string(kBuildFunctions) + kBuild,
               "environment",
               conda,
               environment.directory,
               attempt.Path("conda"),
               attempt.directory(),
               stands_alone ? "own" : "",
               kPipPins};
  step.timeout_ms = kBuildTimeoutMs;
  return step;
}

}  // namespace orrery::jobs::local
