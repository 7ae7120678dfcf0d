#include "jobs/local/this_machine.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace orrery::jobs::local {
namespace {

TEST(ThisMachineTest, HasWhatThisProcessMayUse) {
  PosixFileSystem files;
  const ExecutorNode node = ThisMachine(files, nullptr);
  EXPECT_FALSE(node.name.empty());
  EXPECT_GT(node.cpus, 0);
  EXPECT_LE(node.cpus, sysconf(_SC_NPROCESSORS_CONF));
  EXPECT_GT(node.memory_bytes, 64 << 20);
  EXPECT_LE(node.memory_bytes, sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
}

TEST(ThisMachineTest, JobsInheritASearchPathAndNoSecrets) {
  const auto inherited =
      InheritedEnvironment({{"ORRERY_TOKEN", "secret"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"LANG", "C"}});
  EXPECT_THAT(inherited,
              testing::UnorderedElementsAre(testing::Pair("LANG", "C"),
                                            testing::Pair("PATH", "/usr/local/bin:/usr/bin:/bin")));
}

TEST(ThisMachineTest, FindsProgramsByAbsoluteDirectoriesOnly) {
  PosixFileSystem files;
  EXPECT_EQ(FindOnPath(files, "/no/such/folder:.::/bin:/usr/bin", "sh"), "/bin/sh");
  EXPECT_EQ(FindOnPath(files, ".", "sh"), std::nullopt);
  EXPECT_EQ(FindOnPath(files, "", "sh"), std::nullopt);
}

}  // namespace
}  // namespace orrery::jobs::local
