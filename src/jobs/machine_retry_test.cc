#include <random>

#include <gmock/gmock.h>

#include "jobs/machine.h"

namespace orrery::jobs {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant kNow{std::chrono::sys_days(std::chrono::year(2013) / 1 / 1)};
constexpr RetryPolicy kTwice{.retries = 2, .delay = seconds(10)};

AttemptOutcome Fails(EndCause cause = EndCause::kExited) {
  return {.cause = cause, .exit_code = 1, .started_at_us = 500, .ended_at_us = 900};
}

Standing Running() {
  Standing standing;
  for (const JobEvent& event : {JobEvent(Resolved{}), JobEvent(Placed{"here"}), JobEvent(Started{1, kNow})})
    standing = Advance(standing, event, kNow, kTwice).next;
  return standing;
}

Standing RunningAgain(const Standing& queued) {
  const Standing starting = Advance(queued, Placed{"there"}, kNow, kTwice).next;
  return Advance(starting, Started{starting.attempt->number, kNow}, kNow, kTwice).next;
}

TEST(MachineRetryTest, AFailureIsFollowedByAnotherAttemptWhileRetriesAreLeft) {
  const Step first = Advance(Running(), Ended{1, Fails()}, kNow, kTwice);
  ASSERT_EQ(first.transitions.size(), 1u);
  EXPECT_EQ(first.transitions[0].state, JobState::kQueued);
  EXPECT_EQ(first.next.reason, "retry 1 of 2 at 00:00:10 UTC: exited with code 1");
  EXPECT_EQ(first.next.retry_at, kNow + seconds(10));
  EXPECT_EQ(first.next.attempt->state, AttemptState::kFailed);
  EXPECT_THAT(first.effects, ElementsAre(Effect::kForget));

  const Standing second = RunningAgain(first.next);
  EXPECT_EQ(second.attempt->number, 2);
  EXPECT_EQ(second.attempt->host, "there");
  EXPECT_FALSE(second.retry_at.has_value());
  EXPECT_EQ(second.started_at, kNow);
  const Standing waiting = Advance(second, Ended{2, Fails()}, kNow, kTwice).next;
  EXPECT_EQ(waiting.retry_at, kNow + seconds(20));

  const Standing last = Advance(RunningAgain(waiting), Ended{3, Fails()}, kNow, kTwice).next;
  EXPECT_EQ(last.state, JobState::kFailed);
  EXPECT_EQ(last.reason, "exited with code 1, and no retry is left of 2");
}

TEST(MachineRetryTest, OnlyWhatMayGoBetterNextTimeIsRetried) {
  for (const EndCause cause : {EndCause::kExited, EndCause::kSignalled, EndCause::kOutOfMemory,
                               EndCause::kTimeout, EndCause::kLostInReboot, EndCause::kLostWithSupervisor}) {
    EXPECT_EQ(Advance(Running(), Ended{1, Fails(cause)}, kNow, kTwice).next.state, JobState::kQueued)
        << Name(cause);
  }
  for (const EndCause cause :
       {EndCause::kCancelled, EndCause::kEnvironment, EndCause::kLaunchFailed, EndCause::kStorageFull}) {
    const Standing ended = Advance(Running(), Ended{1, Fails(cause)}, kNow, kTwice).next;
    EXPECT_EQ(ended.state, JobState::kFailed) << Name(cause);
    EXPECT_EQ(ended.reason.find("no retry"), std::string::npos) << ended.reason;
  }
}

TEST(MachineRetryTest, ThePauseDoublesUpToAnHour) {
  EXPECT_EQ(kTwice.Before(1), seconds(10));
  EXPECT_EQ(kTwice.Before(4), seconds(80));
  EXPECT_EQ(kTwice.Before(100), seconds(3600));
  EXPECT_EQ((RetryPolicy{.retries = 9, .delay = seconds(0)}.Before(9)), seconds(0));
  EXPECT_EQ((RetryPolicy{.retries = 9, .delay = seconds(7200)}.Before(9)), seconds(7200));
}

TEST(MachineRetryTest, ACancelBetweenTwoAttemptsIsTheEnd) {
  const Standing waiting = Advance(Running(), Ended{1, Fails()}, kNow, kTwice).next;
  const Standing cancelled = Advance(waiting, CancelRequested{"ada"}, kNow, kTwice).next;
  EXPECT_EQ(cancelled.state, JobState::kCancelled);
  EXPECT_FALSE(cancelled.retry_at.has_value());
  EXPECT_EQ(Advance(cancelled, Placed{"here"}, kNow, kTwice).next, cancelled);
}

TEST(MachineRetryTest, APreemptedAttemptMakesRoomAndCountsForNothing) {
  const Step asked = Advance(Running(), PreemptRequested{"to make room for job 1 (a)"}, kNow, kTwice);
  EXPECT_THAT(asked.effects, ElementsAre(Effect::kCancelAttempt));
  EXPECT_EQ(asked.next.reason, "preempted to make room for job 1 (a)");
  EXPECT_FALSE(Advance(asked.next, PreemptRequested{"again"}, kNow, kTwice).changed);

  // Its script may well have ended in good order, once it was told to.
  const AttemptOutcome gave_way{.cause = EndCause::kCancelled, .exit_code = 0, .started_at_us = 500};
  const Standing queued = Advance(asked.next, Ended{1, gave_way}, kNow, kTwice).next;
  EXPECT_EQ(queued.state, JobState::kQueued);
  EXPECT_EQ(queued.attempt->cause, "preempted");
  EXPECT_EQ(queued.attempt->state, AttemptState::kCancelled);
  EXPECT_EQ(queued.failures, 0);
  EXPECT_FALSE(queued.retry_at.has_value());
  EXPECT_FALSE(queued.preempting);
  EXPECT_EQ(RunningAgain(queued).attempt->number, 2);
}

TEST(MachineRetryTest, WhatEndsWhileItIsPreemptedIsToldAsItWas) {
  const Standing asked = Advance(Running(), PreemptRequested{"to make room"}, kNow, kTwice).next;
  const auto after = [&](const AttemptOutcome& outcome) {
    return Advance(asked, Ended{1, outcome}, kNow, kTwice).next;
  };
  EXPECT_EQ(after({.cause = EndCause::kExited, .exit_code = 0}).state, JobState::kSucceeded);
  EXPECT_EQ(after(Fails()).failures, 1);
  const Standing lost = after(Fails(EndCause::kLostWithSupervisor));
  EXPECT_EQ(lost.failures, 0);
  EXPECT_EQ(lost.attempt->cause, "lost_with_supervisor");
  const Standing cancelled = Advance(asked, CancelRequested{"ada"}, kNow, kTwice).next;
  EXPECT_EQ(Advance(cancelled, Ended{1, {.cause = EndCause::kCancelled}}, kNow, kTwice).next.state,
            JobState::kCancelled);
}

TEST(MachineRetryTest, AnAttemptThatNeverBeganIsPreemptedToo) {
  Standing starting = Advance(Advance({}, Resolved{}, kNow).next, Placed{"here"}, kNow).next;
  starting = Advance(starting, PreemptRequested{"to make room"}, kNow).next;
  const Step absent = Advance(starting, Absent{1}, kNow);
  EXPECT_EQ(absent.next.state, JobState::kQueued);
  EXPECT_EQ(absent.next.attempt->cause, "preempted");
  EXPECT_THAT(absent.effects, ElementsAre(Effect::kForget));
}

TEST(MachineRetryTest, AJobWhoseDependenciesFailedNeverStarts) {
  const Standing ended = Advance({}, Unresolvable{"job 1 (a), which it runs after, failed"}, kNow).next;
  EXPECT_EQ(ended.state, JobState::kCancelled);
  EXPECT_EQ(ended.reason, "job 1 (a), which it runs after, failed");
  EXPECT_FALSE(Advance(Running(), Unresolvable{"too late"}, kNow).changed);
}

TEST(MachineRetryTest, NothingEndsBeforeItBegan) {
  const Standing ended =
      Advance(Running(), Ended{1, {.cause = EndCause::kExited, .exit_code = 0, .ended_at_us = 1}}, kNow).next;
  EXPECT_EQ(ended.attempt->ended_at, ended.attempt->started_at);
  EXPECT_EQ(ended.ended_at, ended.started_at);
}

/// Draws events as they may come, late and repeated ones among them.
class Events {
 public:
  explicit Events(unsigned seed) : random_(seed) {}

  int Below(int most) { return std::uniform_int_distribution<int>(0, most - 1)(random_); }

  JobEvent Next(const Standing& standing) {
    const int number = standing.attempt ? std::max(1, standing.attempt->number - Below(2)) : 1;
    static constexpr EndCause kCauses[] = {EndCause::kExited,       EndCause::kSignalled,
                                           EndCause::kOutOfMemory,  EndCause::kTimeout,
                                           EndCause::kCancelled,    EndCause::kLaunchFailed,
                                           EndCause::kLostInReboot, EndCause::kLostWithSupervisor};
    switch (Below(16)) {
      case 0:
        return CancelRequested{"ada"};
      case 1:
        return Unresolvable{"why"};
      case 2:
      case 3:
        return PreemptRequested{"why"};
      case 4:
        return Absent{number};
      case 5:
      case 6:
        return Claimed{number, 7};
      case 7:
        return Started{number, kNow};
      case 8:
      case 9:
      case 10:
        return Ended{number,
                     {.cause = kCauses[Below(8)], .exit_code = Below(4) == 0 ? 0 : 1, .ended_at_us = 5}};
      case 11:
        return Resolved{};
      default:
        return Placed{"here"};
    }
  }

 private:
  std::mt19937 random_;
};

TEST(MachineRetryTest, WhateverComesAttemptsAreNumberedAndTheBudgetIsKept) {
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    SCOPED_TRACE(seed);
    Events events(seed);
    const RetryPolicy policy{.retries = events.Below(4), .delay = seconds(events.Below(30))};
    Standing standing = Advance({}, Resolved{}, kNow, policy).next;
    int failed = 0;
    int ends = 0;
    for (int i = 0; i < 60; ++i) {
      const Standing before = standing;
      const Step step = Advance(before, events.Next(before), kNow, policy);
      standing = step.next;
      if (IsTerminal(before.state)) {
        ASSERT_EQ(standing, before);
      }
      const int had = before.attempt ? before.attempt->number : 0;
      const int has = standing.attempt ? standing.attempt->number : 0;
      ASSERT_TRUE(has == had || has == had + 1);
      if (has == had + 1) {
        ASSERT_TRUE(had == 0 || IsTerminal(before.attempt->state));
      }
      const bool ended_now = standing.attempt && IsTerminal(standing.attempt->state) &&
                             !(before.attempt && IsTerminal(before.attempt->state));
      if (ended_now && standing.attempt->state == AttemptState::kFailed) ++failed;
      for (const Transition& transition : step.transitions) ends += IsTerminal(transition.state) ? 1 : 0;
      ASSERT_LE(failed, policy.retries + 1);
      ASSERT_LE(standing.failures, policy.retries);
      ASSERT_LE(ends, 1);
    }
    ASSERT_EQ(ends, IsTerminal(standing.state) ? 1 : 0);
  }
}

}  // namespace
}  // namespace orrery::jobs
