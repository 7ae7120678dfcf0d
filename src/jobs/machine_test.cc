#include "jobs/machine.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

namespace orrery::jobs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Instant kNow{Microseconds(400)};

std::vector<JobState> Entered(const Step& step) {
  std::vector<JobState> states;
  for (const Transition& transition : step.transitions) states.push_back(transition.state);
  return states;
}

AttemptOutcome Exit(int code) {
  return {.cause = EndCause::kExited, .exit_code = code, .started_at_us = 500, .ended_at_us = 900};
}

Standing Queued() {
  return Advance({}, Resolved{}, kNow).next;
}
Standing Starting() {
  return Advance(Queued(), Placed{"here"}, kNow).next;
}
Standing Running() {
  return Advance(Starting(), Started{1, kNow}, kNow).next;
}
Standing Cancelling(Standing from) {
  return Advance(from, CancelRequested{"ada"}, kNow).next;
}
Standing After(Standing from, AttemptOutcome outcome) {
  return Advance(from, Ended{1, outcome}, kNow).next;
}

TEST(MachineTest, AJobThatGoesWellPassesEveryState) {
  EXPECT_THAT(Entered(Advance({}, Resolved{}, kNow)), ElementsAre(JobState::kQueued));
  const Step placed = Advance(Queued(), Placed{"here"}, kNow);
  EXPECT_THAT(Entered(placed), ElementsAre(JobState::kStarting));
  EXPECT_THAT(placed.effects, ElementsAre(Effect::kLaunch));
  EXPECT_EQ(placed.next.attempt->number, 1);
  EXPECT_EQ(placed.next.attempt->host, "here");
  EXPECT_EQ(Advance(Starting(), Claimed{1, 77}, kNow).next.attempt->supervisor_pid, 77);
  EXPECT_EQ(Running().started_at, kNow);
  const Step ended = Advance(Running(), Ended{1, Exit(0)}, kNow);
  EXPECT_THAT(Entered(ended), ElementsAre(JobState::kSucceeded));
  EXPECT_THAT(ended.effects, ElementsAre(Effect::kForget));
  EXPECT_EQ(ended.next.ended_at, Instant(Microseconds(900)));
  EXPECT_EQ(ended.next.attempt->state, AttemptState::kSucceeded);
  EXPECT_EQ(ended.next.reason, "exited with code 0");
}

TEST(MachineTest, AnEndSeenBeforeTheStartTellsBoth) {
  const Step ended = Advance(Starting(), Ended{1, Exit(3)}, kNow);
  EXPECT_THAT(Entered(ended), ElementsAre(JobState::kRunning, JobState::kFailed));
  EXPECT_EQ(ended.transitions[0].at, Instant(Microseconds(500)));
  EXPECT_EQ(ended.next.reason, "exited with code 3");
  EXPECT_EQ(ended.next.attempt->exit_code, 3);
}

TEST(MachineTest, ACommandThatNeverBeganNeverRan) {
  const Step ended = Advance(
      Starting(),
      Ended{1, {.cause = EndCause::kLaunchFailed, .message = "no such program", .ended_at_us = 5}}, kNow);
  EXPECT_THAT(Entered(ended), ElementsAre(JobState::kFailed));
  EXPECT_FALSE(ended.next.started_at.has_value());
  EXPECT_EQ(ended.next.reason, "its command could not be executed: no such program");
}

TEST(MachineTest, CancelEndsAWaitingJobAtOnce) {
  for (const Standing& waiting : {Standing(), Queued()}) {
    const Step step = Advance(waiting, CancelRequested{"ada"}, kNow);
    EXPECT_THAT(Entered(step), ElementsAre(JobState::kCancelled));
    EXPECT_THAT(step.effects, IsEmpty());
    EXPECT_EQ(step.next.reason, "cancelled by ada");
  }
}

TEST(MachineTest, CancelOfALiveAttemptTellsItOnceAndWaitsForItsEnd) {
  for (const Standing& live : {Starting(), Running()}) {
    const Step asked = Advance(live, CancelRequested{"ada"}, kNow);
    EXPECT_EQ(asked.next.state, live.state);
    EXPECT_THAT(asked.effects, ElementsAre(Effect::kCancelAttempt));
    EXPECT_FALSE(Advance(asked.next, CancelRequested{"bob"}, kNow).changed);
    const Standing ended = After(
        asked.next, {.cause = EndCause::kCancelled, .signal = 15, .started_at_us = 1, .ended_at_us = 9});
    EXPECT_EQ(ended.state, JobState::kCancelled);
    EXPECT_EQ(ended.reason, "cancelled by ada; its command was ended");
    EXPECT_EQ(ended.attempt->state, AttemptState::kCancelled);
  }
}

TEST(MachineTest, AnEndThatRacesWithACancelIsToldAsItWas) {
  EXPECT_EQ(After(Cancelling(Running()), Exit(0)).state, JobState::kSucceeded);
  EXPECT_EQ(After(Cancelling(Running()), Exit(1)).state, JobState::kCancelled);
  EXPECT_EQ(After(Cancelling(Running()), {.cause = EndCause::kLostInReboot}).state, JobState::kCancelled);
}

TEST(MachineTest, AnAbsentAttemptIsLaunchedAgainUnlessItWasCancelledOrIsLost) {
  const Step again = Advance(Starting(), Absent{1}, kNow);
  EXPECT_FALSE(again.changed);
  EXPECT_THAT(again.effects, ElementsAre(Effect::kLaunch));
  EXPECT_EQ(Advance(Cancelling(Starting()), Absent{1}, kNow).next.state, JobState::kCancelled);
  const Standing claimed = Advance(Starting(), Claimed{1, 77}, kNow).next;
  EXPECT_EQ(Advance(claimed, Absent{1}, kNow).next.attempt->cause, "lost_with_supervisor");
  EXPECT_EQ(Advance(Running(), Absent{1}, kNow).next.state, JobState::kFailed);
}

TEST(MachineTest, EventsOfAnotherAttemptChangeNothing) {
  for (const JobEvent& event : {JobEvent(Claimed{2, 7}), JobEvent(Started{2, kNow}),
                                JobEvent(Ended{2, Exit(0)}), JobEvent(Absent{2})}) {
    EXPECT_FALSE(Advance(Running(), event, kNow).changed);
    EXPECT_THAT(Entered(Advance(Running(), event, kNow)), IsEmpty());
  }
}

constexpr RetryPolicy kPolicy{.retries = 1, .delay = std::chrono::seconds(10)};

// Every standing that can be reached by any events, against every event.
TEST(MachineTest, EveryStateAgainstEveryEvent) {
  std::vector<JobEvent> events = {Resolved{},
                                  Unresolvable{"words"},
                                  Placed{"here"},
                                  CancelRequested{"ada"},
                                  PreemptRequested{"to make room"},
                                  Ended{1, Exit(0)},
                                  Ended{1, Exit(1)}};
  // A job that is preempted may go on for ever: up to its third attempt is far enough.
  for (const int number : {1, 2, 3}) {
    events.insert(events.end(), {Claimed{number, 7}, Started{number, kNow}, Ended{number, Exit(1)},
                                 Ended{number, {.cause = EndCause::kCancelled}}, Absent{number}});
  }
  for (const EndCause cause :
       {EndCause::kSignalled, EndCause::kTimeout, EndCause::kCancelled, EndCause::kEnvironment,
        EndCause::kLaunchFailed, EndCause::kStorageFull, EndCause::kOutOfMemory, EndCause::kLostInReboot,
        EndCause::kLostWithSupervisor}) {
    events.push_back(Ended{1, {.cause = cause, .message = "words", .ended_at_us = 5}});
  }
  std::vector<Standing> reached = {Standing()};
  for (size_t i = 0; i < reached.size(); ++i) {
    for (const JobEvent& event : events) {
      const Standing before = reached[i];
      const Step step = Advance(before, event, kNow, kPolicy);
      if (IsTerminal(before.state)) {
        EXPECT_EQ(step.next, before);
        EXPECT_THAT(step.transitions, IsEmpty());
        EXPECT_THAT(step.effects, testing::Not(Contains(Effect::kLaunch)));
        continue;
      }
      if (step.next.attempt && step.next.attempt->number > 3) continue;
      EXPECT_EQ(step.next.state == before.state, step.transitions.empty());
      if (!step.transitions.empty()) {
        EXPECT_EQ(step.transitions.back().state, step.next.state);
        EXPECT_FALSE(step.transitions.back().cause.empty());
      }
      EXPECT_EQ(IsTerminal(step.next.state), step.next.ended_at.has_value());
      EXPECT_FALSE(before.cancel_requested && !step.next.cancel_requested);
      EXPECT_TRUE(step.next.state != JobState::kRunning || step.next.started_at.has_value());
      const bool live = step.next.state == JobState::kStarting || step.next.state == JobState::kRunning;
      EXPECT_EQ(live, step.next.attempt && !IsTerminal(step.next.attempt->state));
      EXPECT_FALSE(step.next.preempting && !live);
      EXPECT_FALSE(step.next.retry_at && step.next.state != JobState::kQueued);
      EXPECT_LE(step.next.failures, kPolicy.retries);
      if (std::find(reached.begin(), reached.end(), step.next) == reached.end()) reached.push_back(step.next);
    }
  }
  std::set<JobState> states;
  for (const Standing& standing : reached) states.insert(standing.state);
  EXPECT_EQ(states.size(), EnumNames<JobState>().size());
}

TEST(MachineTest, OutcomesAreToldInWords) {
  EXPECT_EQ(DescribeOutcome({.cause = EndCause::kSignalled, .signal = 9}), "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(DescribeOutcome({.cause = EndCause::kTimeout}), "ran longer than its timeout and was ended");
  EXPECT_THAT(DescribeOutcome({.cause = EndCause::kLostInReboot}), HasSubstr("the machine went down"));
}

}  // namespace
}  // namespace orrery::jobs
