#include <string>
#include <utility>

#include "jobs/image_reference.h"
#include "jobs/local/environment.h"
#include "jobs/local/gpu_driver.h"
#include "jobs/local/this_machine.h"

namespace orrery::jobs::local {
namespace {

// $1 podman, $2 where environments are, $3 the image's name, $4 its tag, $5 its digest, $6 the attempt. One that is pinned
// and unpacked needs no podman any more. A tag means what podman has under it, and is fetched only where that is nothing.
constexpr char kUnpack[] = R"sh(
if [ -z "${XDG_RUNTIME_DIR:-}" ] && [ -d "/run/user/$(id -u)" ]; then
  export XDG_RUNTIME_DIR="/run/user/$(id -u)" # where podman keeps what it knows of an ordinary user's
fi
if [ -n "$5" ]; then image="$3@sha256:$5"; else image="$3:$4"; fi
digest=$5
if [ -z "$digest" ] || [ ! -e "$2/image-$digest/complete" ]; then
  if ! "$1" image exists "$image"; then
    echo "environment: fetching $image"
    "$1" pull "$image" > /dev/null
  fi
  if [ -z "$digest" ]; then
    digest=$("$1" image inspect --format '{{.Digest}}' "$image")
    digest=${digest#sha256:}
  fi
fi
if [ -z "$digest" ]; then
  echo "ERROR: podman knows no digest of $image: push it to a registry, and name that" >&2
  exit 1
fi
directory="$2/image-$digest"
hold "$directory"
if [ ! -e "$directory/complete" ]; then
  echo "environment: unpacking $image into $directory"
  rm -rf "$directory"
  mkdir -p "$directory/root" "$directory/resolved"
  container="orrery-$digest"
  "$1" rm -f -i "$container" > /dev/null
  trap '"$1" rm -f -i "$container" > /dev/null' EXIT
  trap 'exit 1' HUP INT TERM USR1 USR2
  "$1" create --pull=never --name "$container" "$image" / > /dev/null
  { "$1" export "$container" || touch "$directory/failed"; } |
    tar -x -p -C "$directory/root" --exclude 'dev/*' --exclude './dev/*'
  [ ! -e "$directory/failed" ]
  # An ordinary user could not remove it, or use it, otherwise.
  find "$directory/root" -type d ! -perm -u+rwx -exec chmod u+rwx {} +
  "$1" image inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$image" > "$directory/variables"
  printf '%s@sha256:%s' "$3" "$digest" > "$directory/resolved/image"
  finish "$directory"
fi
give "$directory" "$6"
)sh";

constexpr char kInstall[] = "needs a container image, and there is no podman here: install podman";

}  // namespace

std::optional<std::string> WhyNoImages(FileSystem& files, Processes& processes,
                                       const LocalExecutorOptions& options, const std::string& supervisor) {
  if (!FindOnPath(files, options.base_env.at("PATH"), "podman")) return kInstall;
  const std::string trial = options.data_directory + "/bin/image-trial";
  files.CreateDirectories(trial + "/root");
  files.CreateDirectories(trial + "/scratch");
  const CommandResult result = processes.Run({.argv = {supervisor, "--enter", trial, trial + "/scratch"}});
  if (result.exit_code == 0) return std::nullopt;
  return "needs a container image, and the kernel lets the server enter none (an ordinary user needs "
         "namespaces: "
         "sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns): " +
         result.output.substr(0, result.output.find('\n'));
}

record::Step ImageStep(const std::string& root, const std::string& podman, const std::string& image,
                       const AttemptFiles& attempt) {
  const ImageReference reference = ParseImageReference(image).value();
  record::Step step;
  step.label = "prepare environment";
  step.argv = {"/bin/sh",          "-c",          std::string(kBuildFunctions) + kUnpack,
               "environment",      podman,        root,
               reference.name,     reference.tag, reference.digest,
               attempt.directory()};
  step.timeout_ms = kBuildTimeoutMs;
  return step;
}

record::ImageRoot ViewOfImage(FileSystem& files, const AttemptLaunch& launch, const AttemptFiles& attempt) {
  record::ImageRoot view{attempt.Path("environment"), attempt.Path("image-root"), {}};
  files.CreateDirectory(view.scratch, 0700);
  const auto add = [&](const std::string& path, bool writable) {
    view.mounts.push_back({path, path, writable ? 1 : 0});
  };
  for (const char* path : {"/etc/resolv.conf", "/etc/hosts"}) {
    if (files.Exists(path)) add(path, false);
  }
  add("/tmp", true);
  add(ParentOf(attempt.directory()), true);
  if (launch.gpus > 0) {
    for (record::Mount& mount : GpuDriver(files, DriverFolders())) view.mounts.push_back(std::move(mount));
  }
  for (const std::string& input : launch.inputs) add(input, false);
  return view;
}

}  // namespace orrery::jobs::local
