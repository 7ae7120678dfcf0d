#include <string>

#include <gmock/gmock.h>

#include "supervisor/held_attempt.h"

namespace orrery::supervisor {
namespace {

using jobs::record::Cause;
using jobs::record::ImageRoot;
using jobs::record::OutcomeRecord;

/// An image of a few files of its own, in which the machine's programs are found.
ImageRoot MakeImage(const HeldAttempt& attempt) {
  const std::filesystem::path image = attempt.Path("image, 1:2");
  std::filesystem::create_directories(image / "root/etc");
  std::filesystem::create_directory(attempt.Path("scratch"));
  std::ofstream(image / "root/etc/image") << "mine\n";
  std::ofstream(image / "variables") << "FROM_IMAGE=yes\nGIVEN=image's\nPATH=/usr/bin:/bin\nno variable\n";
  ImageRoot root{image, attempt.Path("scratch"), {}};
  for (const std::string path : {"/usr", "/bin", "/lib", "/lib64"}) {
    if (std::filesystem::exists(path)) root.mounts.push_back({path, path, 0});
  }
  root.mounts.push_back({attempt.Path("work"), attempt.Path("work"), 1});
  return root;
}

bool NotAllowed(const OutcomeRecord& outcome) {
  return outcome.message.ends_with("namespace: Operation not permitted");
}

TEST(ImageRootTest, AProgramFindsTheImageAndWhatOfTheMachineItIsGiven) {
  HeldAttempt attempt;
  ImageRoot image = MakeImage(attempt);
  std::ofstream(attempt.Path("input")) << "input\n";
  image.mounts.push_back({attempt.Path("input"), "/deep/er/input", 0});
  attempt.AddScript(
      "pwd; cat /etc/image /deep/er/input; test -e /etc/passwd || echo no passwd; echo $FROM_IMAGE $GIVEN; "
      "echo more >> /etc/image && echo new > /new && cat /etc/image; echo out > here; "
      "echo lost >> /deep/er/input; test -e /proc/self/status && echo from /dev/null > /dev/null && id -u");
  attempt.launch.steps[0].env = {"GIVEN=job's"};
  attempt.launch.steps[0].image = image;
  const OutcomeRecord outcome = attempt.Run();
  if (NotAllowed(outcome)) GTEST_SKIP() << outcome.message;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.message;
  EXPECT_EQ(attempt.Log(), attempt.Path("work") +
                               "\nmine\ninput\nno passwd\nyes job's\nmine\nmore\nsh: 1: cannot create "
                               "/deep/er/input: Read-only file system\n0\n");
  EXPECT_EQ(ReadFile(attempt.Path("work/here")), "out\n");
  // Nothing of it is left.
  EXPECT_EQ(ReadFile(image.directory + "/root/etc/image"), "mine\n");
  EXPECT_FALSE(std::filesystem::exists(image.directory + "/root/new"));
  EXPECT_TRUE(std::filesystem::is_empty(image.scratch));
}

TEST(ImageRootTest, AnOrdinaryUserNeedsNoRights) {
  if (geteuid() != 0) GTEST_SKIP() << "every test here runs as an ordinary user";
  HeldAttempt attempt;
  attempt.user = 65534;
  attempt.AddScript("cat /etc/image; echo more >> /etc/image; rm -r /etc; id -u; ls /; echo out > here");
  attempt.launch.steps[0].image = MakeImage(attempt);
  const OutcomeRecord outcome = attempt.Run();
  if (NotAllowed(outcome)) GTEST_SKIP() << outcome.message;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.message << attempt.Log();
  EXPECT_THAT(attempt.Log(), testing::StartsWith("mine\n0\nbin\ndev\n"));
  struct stat info = {};
  ASSERT_EQ(stat(attempt.Path("work/here").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 65534u);
}

TEST(ImageRootTest, ItsEndIsToldAsThatOfAnyProgram) {
  HeldAttempt attempt;
  attempt.AddScript(
      "trap 'sleep 0.1; exit 3' TERM; (setsid sleep 1000 &); echo up > ../fifo; while :; do sleep 0.05; "
      "done");
  ImageRoot image = MakeImage(attempt);
  image.mounts.push_back({attempt.Path("fifo"), attempt.Path("fifo"), 1});
  attempt.launch.steps[0].image = image;
  ASSERT_EQ(attempt.Start(), 0);
  if (attempt.ReadFifo().empty()) {
    const OutcomeRecord outcome = attempt.WaitForOutcome();
    ASSERT_TRUE(NotAllowed(outcome)) << outcome.message;
    GTEST_SKIP() << outcome.message;
  }
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGUSR1);
  const OutcomeRecord outcome = attempt.WaitForOutcome();
  EXPECT_EQ(outcome.cause, Cause::kCancelled);
  EXPECT_EQ(outcome.exit_code, 3);
}

TEST(ImageRootTest, NothingOfItOutlivesAKilledSupervisor) {
  HeldAttempt attempt;
  attempt.AddScript(
      "setsid sh -c 'echo $$ > daemon; exec sleep 1000' & echo $$ > main; "
      "until test -s daemon; do sleep 0.05; done; echo up > ../fifo; wait");
  ImageRoot image = MakeImage(attempt);
  image.mounts.push_back({attempt.Path("fifo"), attempt.Path("fifo"), 1});
  attempt.launch.steps[0].image = image;
  ASSERT_EQ(attempt.Start(), 0);
  if (attempt.ReadFifo().empty()) {
    const OutcomeRecord outcome = attempt.WaitForOutcome();
    ASSERT_TRUE(NotAllowed(outcome)) << outcome.message;
    GTEST_SKIP() << outcome.message;
  }
  kill(static_cast<pid_t>(attempt.Claim().pid), SIGKILL);
  attempt.WaitUntilGone();
  for (const char* name : {"work/main", "work/daemon"})
    EXPECT_TRUE(IsGone(std::stoi(ReadFile(attempt.Path(name))))) << name;
  EXPECT_FALSE(attempt.Has("outcome"));
}

TEST(ImageRootTest, SaysWhatIsMissing) {
  HeldAttempt program;
  program.AddStep({"no-such-program"});
  program.launch.steps[0].image = MakeImage(program);
  const OutcomeRecord outcome = program.Run();
  if (NotAllowed(outcome)) GTEST_SKIP() << outcome.message;
  EXPECT_EQ(outcome.cause, Cause::kLaunchFailed);
  EXPECT_EQ(outcome.message, "cannot execute 'no-such-program' in the image: No such file or directory");

  HeldAttempt mount;
  mount.AddScript("true");
  mount.launch.steps[0].image = MakeImage(mount);
  mount.launch.steps[0].image->mounts.push_back({"/no/such/input", "/no/such/input", 0});
  EXPECT_EQ(mount.Run().message, "cannot take '/no/such/input' into the image: No such file or directory");
}

TEST(ImageRootTest, TellsBeforehandWhetherImagesCanBeEntered) {
  const HeldAttempt attempt;
  const ImageRoot image = MakeImage(attempt);
  if (attempt.Call({"--enter", image.directory, image.scratch}) != 0) GTEST_SKIP() << attempt.Answer();
  EXPECT_NE(attempt.Call({"--enter", "/no/such/image", image.scratch}), 0);
  EXPECT_THAT(attempt.Answer(), testing::HasSubstr("cannot"));
}

// An image's links lead to places in the image, whatever is there on the machine.
TEST(ImageRootTest, MountsFollowNoLinkOutOfTheImage) {
  HeldAttempt attempt;
  ImageRoot image = MakeImage(attempt);
  const std::string outside = attempt.Path("outside");
  std::filesystem::create_directory(outside);
  std::filesystem::create_directory_symlink(outside, image.directory + "/root/away");
  std::filesystem::create_symlink("/nowhere/at/all", image.directory + "/root/etc/resolv.conf");
  std::ofstream(attempt.Path("input")) << "input\n";
  image.mounts.push_back({attempt.Path("input"), "/away/input", 0});
  image.mounts.push_back({attempt.Path("input"), "/etc/resolv.conf", 0});
  attempt.AddScript("cat /etc/resolv.conf /away/input");
  attempt.launch.steps[0].image = image;
  const OutcomeRecord outcome = attempt.Run();
  if (NotAllowed(outcome)) GTEST_SKIP() << outcome.message;
  EXPECT_TRUE(std::filesystem::is_empty(outside));
  EXPECT_EQ(outcome.message, "cannot mount at '/away/input' in the image: No such file or directory");
}

}  // namespace
}  // namespace orrery::supervisor
