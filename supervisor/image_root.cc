#include "supervisor/image_root.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervisor/descriptor.h"

namespace orrery::supervisor {
namespace {

using jobs::record::ImageRoot;
using jobs::record::Mount;

// Of the machine in every image: without them hardly a program runs.
constexpr const char* kSystem[] = {"/proc", "/sys", "/dev"};
constexpr mode_t kFolderMode = 0755;

EnterFailure Failed(std::string what) {
  return {std::move(what), errno};
}

bool WriteText(const char* path, const std::string& text) {
  const Descriptor file(open(path, O_WRONLY | O_CLOEXEC));
  return file && write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string ReadWhole(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char block[4096];
  for (ssize_t got = 0; (got = read(file.number(), block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  return text;
}

// Who is not root, or a root without the right to mount, becomes root of a user namespace.
EnterFailure MakeNamespaces(bool& own_user) {
  own_user = unshare(CLONE_NEWNS) != 0;
  if (own_user) {
    const std::string user = "0 " + std::to_string(geteuid()) + " 1";
    const std::string group = "0 " + std::to_string(getegid()) + " 1";
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return Failed("cannot make a user namespace");
    if (!WriteText("/proc/self/setgroups", "deny") || !WriteText("/proc/self/uid_map", user) ||
        !WriteText("/proc/self/gid_map", group))
      return Failed("cannot map the user into its namespace");
  }
  // What is mounted here is not seen outside.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    return Failed("cannot make a mount namespace");
  return {};
}

// A copy of what is mounted at `path`, to be mounted elsewhere.
Descriptor CopyOf(const std::string& path) {
  return Descriptor(static_cast<int>(
      syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)));
}

bool MakeReadOnly(const Descriptor& tree) {
  struct mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return syscall(SYS_mount_setattr, tree.number(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                 sizeof attributes) == 0;
}

struct PlacedTree {
  Descriptor tree;
  std::string target;
  bool directory = true;
};

EnterFailure Take(const std::string& source, const std::string& target, bool writable,
                  std::vector<PlacedTree>& trees) {
  struct stat info = {};
  Descriptor tree = CopyOf(source);
  if (!tree || fstat(tree.number(), &info) != 0 || (!writable && !MakeReadOnly(tree)))
    return Failed("cannot take '" + source + "' into the image");
  trees.push_back({std::move(tree), target, S_ISDIR(info.st_mode)});
  return {};
}

// The image's files, with a layer of memory above that takes what is written.
EnterFailure MountFiles(const ImageRoot& image, bool own_user) {
  const std::string files = image.directory + "/root";
  const Descriptor lower(open(files.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!lower) return Failed("cannot open the image's files '" + files + "'");
  if (mount("tmpfs", image.scratch.c_str(), "tmpfs", MS_NODEV, "mode=0755") != 0 ||
      chdir(image.scratch.c_str()) != 0 || mkdir("upper", kFolderMode) != 0 ||
      mkdir("work", kFolderMode) != 0 || mkdir("root", kFolderMode) != 0)
    return Failed("cannot mount memory at '" + image.scratch + "'");
  // By its number: its path may hold what separates options.
  const std::string layers =
      "lowerdir=/proc/self/fd/" + std::to_string(lower.number()) + ",upperdir=upper,workdir=work";
  const bool mounted =
      (own_user && mount("overlay", "root", "overlay", 0, (layers + ",userxattr").c_str()) == 0) ||
      mount("overlay", "root", "overlay", 0, layers.c_str()) == 0;
  if (!mounted) return Failed("cannot mount the image's files '" + files + "'");
  return {};
}

bool MakeFolders(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (mkdir(path.substr(0, slash).c_str(), kFolderMode) != 0 && errno != EEXIST) return false;
  }
  return true;
}

// Makes what is needed to mount at: the image need not have it.
bool MakeMountPoint(const PlacedTree& placed) {
  const char* target = placed.target.c_str();
  struct stat info = {};
  if (stat(target, &info) == 0) return true;
  if (lstat(target, &info) == 0 && unlink(target) != 0) return false;  // a link that leads nowhere
  if (!MakeFolders(placed.target)) return false;
  if (placed.directory) return mkdir(target, kFolderMode) == 0;
  return static_cast<bool>(Descriptor(open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)));
}

EnterFailure Place(const PlacedTree& placed) {
  if (!MakeMountPoint(placed) || syscall(SYS_move_mount, placed.tree.number(), "", AT_FDCWD,
                                         placed.target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return Failed("cannot mount at '" + placed.target + "' in the image");
  return {};
}

bool HasVariable(const std::vector<std::string>& env, std::string_view name_and_equals) {
  for (const std::string& variable : env) {
    if (variable.starts_with(name_and_equals)) return true;
  }
  return false;
}

void AddVariables(std::string_view lines, std::vector<std::string>& env) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    if (!HasVariable(env, line.substr(0, equals + 1))) env.emplace_back(line);
  }
}

}  // namespace

EnterFailure EnterImage(const ImageRoot& image, std::vector<std::string>& env) {
  AddVariables(ReadWhole(image.directory + "/variables"), env);
  AddVariables("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/root\n", env);
  bool own_user = false;
  EnterFailure failure = MakeNamespaces(own_user);
  std::vector<PlacedTree> trees;
  for (const char* path : kSystem) {
    if (failure.what.empty()) failure = Take(path, path, true, trees);
  }
  for (const Mount& mount : image.mounts) {
    if (failure.what.empty()) failure = Take(mount.source, mount.target, mount.writable != 0, trees);
  }
  if (failure.what.empty()) failure = MountFiles(image, own_user);
  if (!failure.what.empty()) return failure;
  // The old root comes to lie below the new one, and is let go.
  if (chdir("root") != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
      chdir("/") != 0)
    return Failed("cannot make the image's files the root");
  for (const PlacedTree& placed : trees) {
    failure = Place(placed);
    if (!failure.what.empty()) return failure;
  }
  return {};
}

}  // namespace orrery::supervisor
