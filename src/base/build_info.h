#pragma once

#include <string>

#include <boost/describe/class.hpp>

namespace orrery {

/// What a binary was built from: release ("0.1.0"), git commit ("-dirty" where the tree differed from it,
/// "unknown" outside git), and build type, compiler and sanitizers ("release gnu 12.2.0").
struct BuildInfo {
  std::string version;
  std::string commit;
  std::string build;
};
BOOST_DESCRIBE_STRUCT(BuildInfo, (), (version, commit, build))

/// Tells it of the running binary.
const BuildInfo& ThisBuild();

}  // namespace orrery
