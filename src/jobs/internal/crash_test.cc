#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "jobs/test_jobs.h"

// The server dies before and after every call that leaves its memory: each write to the database and each call
// of the executor. Another one starts over what is left; every job still ends once, as it should.
namespace orrery::jobs {
namespace {

using std::chrono::seconds;

/// Not a std::exception: nothing in between may catch the death of the process.
struct Crash {};

/// Burns down by one with each point passed; at its end the process dies, once.
class Fuse {
 public:
  void Set(int points) { left_ = points; }
  void Pass() {
    if (left_ >= 0 && left_-- == 0) throw Crash();
  }

 private:
  int left_ = -1;
};

class CrashingDatabase final : public sql::Database {
 public:
  CrashingDatabase(sql::Database& inner, Fuse& fuse) : inner_(inner), fuse_(fuse) {}

 protected:
  void RunRead(const std::function<void(sql::Reader&)>& closure) override { inner_.Read(closure); }
  void RunWrite(const std::function<void(sql::Writer&)>& closure) override {
    fuse_.Pass();
    inner_.Write(closure);
    fuse_.Pass();
  }

 private:
  sql::Database& inner_;
  Fuse& fuse_;
};

class CrashingExecutor final : public Executor {
 public:
  CrashingExecutor(Executor& inner, Fuse& fuse) : inner_(inner), fuse_(fuse) {}

  void Start(const AttemptLaunch& launch) override {
    Around([&] { inner_.Start(launch); });
  }
  void Cancel(const AttemptId& id) override {
    Around([&] { inner_.Cancel(id); });
  }
  void Adopt(const std::vector<AttemptId>& alive) override {
    Around([&] { inner_.Adopt(alive); });
  }
  void Forget(const AttemptId& id) override {
    Around([&] { inner_.Forget(id); });
  }
  std::vector<AttemptObservation> Observe() override { return inner_.Observe(); }
  std::unique_ptr<Subscription> Watch(std::function<void()> changed) override {
    return inner_.Watch(std::move(changed));
  }
  std::unique_ptr<AttemptLog> OpenLog(const AttemptId& id) override { return inner_.OpenLog(id); }
  std::unique_ptr<Subscription> WatchLog(const AttemptId& id, std::function<void()> grown) override {
    return inner_.WatchLog(id, std::move(grown));
  }
  std::vector<UsageSample> ReadUsage(const AttemptId& id, std::uint64_t& cursor) override {
    return inner_.ReadUsage(id, cursor);
  }
  std::map<AttemptId, std::vector<GpuReading>> ReadGpus() override { return inner_.ReadGpus(); }
  std::optional<EnvironmentSpec> ResolvedEnvironment(const AttemptId& id) override {
    return inner_.ResolvedEnvironment(id);
  }
  std::optional<std::string> WhyNever(const EnvironmentSpec& environment) override {
    return inner_.WhyNever(environment);
  }
  std::vector<ExecutorNode> Nodes() override { return inner_.Nodes(); }

 private:
  template <typename Call>
  void Around(Call call) {
    fuse_.Pass();
    call();
    fuse_.Pass();
  }

  Executor& inner_;
  Fuse& fuse_;
};

/// A scenario with every kind of end, played step by step; a step that died is played again.
class Scenario {
 public:
  explicit Scenario(int points) {
    base_.executor.SetScript(Script);
    fuse_.Set(points);
    const std::vector<std::function<void()>> steps = {
        [&] { Submit("succeeds"); },
        [&] { Submit("cancelled running"); },
        [&] { Submit("fails"); },
        [&] { Settle(); },
        [&] { Submit("cannot start"); },
        [&] { Submit("cancelled waiting", -5); },
        [&] { Advance(seconds(1)); },
        [&] { Cancel("cancelled waiting"); },
        [&] { Cancel("cancelled running"); },
        [&] { Advance(seconds(10)); },
        [&] { Settle(); },
        [&] { Advance(seconds(10)); },
        [&] { Advance(seconds(10)); },
    };
    for (const auto& step : steps) Play(step);
    // Whatever the deaths delayed gets its time.
    Play([&] { Advance(seconds(30)); });
    Play([&] { Advance(seconds(30)); });
  }

  bool died() const { return died_; }

  void Check() {
    const std::map<std::string, JobState> expected = {{"succeeds", JobState::kSucceeded},
                                                      {"cancelled running", JobState::kCancelled},
                                                      {"fails", JobState::kFailed},
                                                      {"cannot start", JobState::kFailed},
                                                      {"cancelled waiting", JobState::kCancelled}};
    const std::vector<Job> jobs = jobs_->List({}).jobs;
    EXPECT_EQ(jobs.size(), expected.size());
    std::map<AttemptId, int> launches;
    for (const AttemptLaunch& launch : base_.executor.Launches()) ++launches[launch.id];
    for (const auto& [attempt, count] : launches) EXPECT_EQ(count, 1) << attempt.job_id;
    for (const Job& job : jobs) {
      SCOPED_TRACE(job.name);
      EXPECT_EQ(job.state, expected.at(job.name));
      EXPECT_LE(job.attempts.size(), 1u);
      CheckHistory(job);
    }
    EXPECT_THAT(base_.executor.Observe(), testing::IsEmpty());
  }

 private:
  static FakeRun Script(const AttemptLaunch& launch) {
    const std::string& program = launch.command.at(0);
    if (program == "cannot start") throw Error(Code::kInternal, "no such code");
    FakeRun run{.end_after = seconds(program == "cancelled running" ? 1'000 : 5)};
    run.outcome.exit_code = program == "fails" ? 3 : 0;
    return run;
  }

  void CheckHistory(const Job& job) {
    std::vector<std::string> told;
    for (const events::Event& event : base_.events.After(0, {.subject = "job:" + job.id.text()}, 100)) {
      told.push_back(std::string(event.data.as_object().at("state").as_string()));
    }
    std::vector<std::string> stored;
    for (const Transition& transition : job.transitions) stored.push_back(EnumName(transition.state));
    EXPECT_EQ(told, stored);
    const auto terminal = std::count_if(job.transitions.begin(), job.transitions.end(),
                                        [](const Transition& t) { return IsTerminal(t.state); });
    EXPECT_EQ(terminal, 1);
    EXPECT_TRUE(std::is_sorted(job.transitions.begin(), job.transitions.end(),
                               [](const Transition& a, const Transition& b) { return a.state < b.state; }));
  }

  void Play(const std::function<void()>& step) {
    while (true) {
      try {
        if (jobs_ == nullptr) Boot();
        step();
        return;
      } catch (const Crash&) {
        died_ = true;
        jobs_.reset();
        base_.executor.ForgetAll();
      }
    }
  }

  void Boot() {
    jobs_ = std::make_unique<Jobs>(Jobs::Collaborators{database_, base_.events, base_.content, base_.runs,
                                                       executor_, base_.files, base_.clock, base_.random});
    jobs_->Prepare(TestJobs::Settings());
  }

  void Submit(const std::string& name, int priority = 0) {
    JobSpec spec = TestJobs::Spec(name, name);
    spec.priority = priority;
    ids_[name] = jobs_->Submit(spec, {"ada"}, DigestOf(name).text()).id;
  }

  void Cancel(const std::string& name) {
    if (!IsTerminal(jobs_->Get(ids_.at(name)).state)) jobs_->Cancel(ids_.at(name), {"ada"});
  }

  void Settle() {
    for (int i = 0; i < 4; ++i) {
      jobs_->Turn();
      base_.executor.Advance(seconds(0));
    }
  }

  void Advance(seconds by) {
    if (!advanced_) {
      base_.clock.Advance(by);
      base_.executor.Advance(by);
      advanced_ = true;
    }
    Settle();
    advanced_ = false;
  }

  TestJobs base_;
  Fuse fuse_;
  CrashingDatabase database_{*base_.database, fuse_};
  CrashingExecutor executor_{base_.executor, fuse_};
  std::map<std::string, JobId> ids_;
  std::unique_ptr<Jobs> jobs_;
  bool died_ = false;
  bool advanced_ = false;
};

TEST(CrashTest, DyingAtAnyPointLosesNothingAndRunsNothingTwice) {
  int points = 0;
  for (; points < 500; ++points) {
    SCOPED_TRACE(points);
    Scenario scenario(points);
    scenario.Check();
    if (testing::Test::HasFailure() || !scenario.died()) break;
  }
  // It ended with a scenario that nothing interrupted.
  EXPECT_GT(points, 40);
  EXPECT_LT(points, 500);
}

}  // namespace
}  // namespace orrery::jobs
