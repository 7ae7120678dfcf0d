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

/// A server that dies at a point, and what it is asked to do, step by step; a step that died is played again.
class Scenario {
 public:
  explicit Scenario(int points) { fuse_.Set(points); }
  virtual ~Scenario() = default;

  void PlayAll() {
    for (const auto& step : Steps()) Play(step);
    // Whatever the deaths delayed gets its time.
    for (int i = 0; i < 3; ++i) Play([&] { Advance(seconds(30)); });
  }
  bool died() const { return died_; }

  /// What must be so wherever it died.
  void Check() {
    std::map<AttemptId, int> launches;
    for (const AttemptLaunch& launch : base_.executor.Launches()) ++launches[launch.id];
    for (const auto& [attempt, count] : launches) EXPECT_EQ(count, 1) << attempt.job_id;
    std::map<std::string, Job> jobs;
    for (const Job& job : jobs_->List({}).jobs) {
      SCOPED_TRACE(job.name);
      EXPECT_TRUE(jobs.emplace(job.name, job).second) << "twice";
      CheckHistory(job);
    }
    EXPECT_THAT(base_.executor.Observe(), testing::IsEmpty());
    CheckEnds(jobs);
  }

 protected:
  virtual std::vector<std::function<void()>> Steps() = 0;
  /// The jobs by name.
  virtual void CheckEnds(const std::map<std::string, Job>& jobs) = 0;

  static JobSpec Spec(const std::string& name, double cpus = 1, int priority = 0) {
    JobSpec spec = TestJobs::Spec(name, name);
    spec.cpus = cpus;
    spec.priority = priority;
    return spec;
  }
  void Submit(const JobSpec& spec) {
    ids_[spec.name] = jobs_->Submit(spec, kAda, DigestOf(spec.name).text()).id;
  }
  void Cancel(const std::string& name) {
    if (!IsTerminal(jobs_->Get(ids_.at(name)).state)) jobs_->Cancel(ids_.at(name), kAda);
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

  const Actor kAda = {"ada"};
  TestJobs base_;
  std::unique_ptr<Jobs> jobs_;

 private:
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
    EXPECT_TRUE(IsTerminal(job.transitions.back().state));
    const auto starting = std::count_if(job.transitions.begin(), job.transitions.end(),
                                        [](const Transition& t) { return t.state == JobState::kStarting; });
    EXPECT_EQ(starting, static_cast<int64_t>(job.attempts.size()));
    for (size_t i = 0; i < job.attempts.size(); ++i) {
      EXPECT_EQ(job.attempts[i].number, static_cast<int>(i) + 1);
      EXPECT_TRUE(IsTerminal(job.attempts[i].state));
    }
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

  Fuse fuse_;
  CrashingDatabase database_{*base_.database, fuse_};
  CrashingExecutor executor_{base_.executor, fuse_};
  std::map<std::string, JobId> ids_;
  bool died_ = false;
  bool advanced_ = false;
};

/// Jobs of one attempt, with every kind of end.
class EveryEnd final : public Scenario {
 public:
  explicit EveryEnd(int points) : Scenario(points) {
    base_.executor.SetScript([](const AttemptLaunch& launch) {
      const std::string& program = launch.command.at(0);
      if (program == "cannot start") throw Error(Code::kInternal, "no such code");
      FakeRun run{.end_after = seconds(program == "cancelled running" ? 1'000 : 5)};
      run.outcome.exit_code = program == "fails" ? 3 : 0;
      return run;
    });
  }

 private:
  std::vector<std::function<void()>> Steps() override {
    return {
        [&] { Submit(Spec("succeeds")); },
        [&] { Submit(Spec("cancelled running")); },
        [&] { Submit(Spec("fails")); },
        [&] { Settle(); },
        [&] { Submit(Spec("cannot start")); },
        [&] { Submit(Spec("cancelled waiting", 1, -5)); },
        [&] { Advance(seconds(1)); },
        [&] { Cancel("cancelled waiting"); },
        [&] { Cancel("cancelled running"); },
        [&] { Advance(seconds(10)); },
        [&] { Settle(); },
        [&] { Advance(seconds(10)); },
        [&] { Advance(seconds(10)); },
    };
  }

  void CheckEnds(const std::map<std::string, Job>& jobs) override {
    const std::map<std::string, JobState> expected = {{"succeeds", JobState::kSucceeded},
                                                      {"cancelled running", JobState::kCancelled},
                                                      {"fails", JobState::kFailed},
                                                      {"cannot start", JobState::kFailed},
                                                      {"cancelled waiting", JobState::kCancelled}};
    EXPECT_EQ(jobs.size(), expected.size());
    for (const auto& [name, job] : jobs) {
      EXPECT_EQ(job.state, expected.at(name)) << name;
      EXPECT_LE(job.attempts.size(), 1u) << name;
    }
  }
};

/// Jobs that are taken in together, run after one another, are retried, make room and are cancelled together.
class EveryTurn final : public Scenario {
 public:
  explicit EveryTurn(int points) : Scenario(points) {
    base_.executor.SetScript([](const AttemptLaunch& launch) {
      const std::string& program = launch.command.at(0);
      const bool grouped = program.starts_with("grouped");
      FakeRun run{.end_after = seconds(grouped ? 1'000 : program == "low" ? 20 : 5)};
      run.outcome.exit_code = program == "fails once" && launch.id.number == 1 ? 7 : 0;
      return run;
    });
  }

 private:
  std::vector<std::function<void()>> Steps() override {
    return {
        [&] {
          jobs_->SubmitArray({Spec("task", 0.5), "1-2"}, kAda, "array");
        },
        [&] { SubmitChain(); },
        [&] { SubmitFailing(); },
        [&] { Advance(seconds(1)); },
        [&] { Advance(seconds(5)); },
        [&] { Advance(seconds(10)); },
        [&] { Advance(seconds(10)); },
        [&] { Submit(Spec("low", 2, -1)); },
        [&] { Advance(seconds(1)); },
        [&] { Submit(Spec("high", 2, 1)); },
        [&] { Advance(seconds(1)); },
        [&] { Advance(seconds(10)); },
        [&] { Advance(seconds(30)); },
        [&] { SubmitGrouped("grouped running"); },
        [&] { SubmitGrouped("grouped waiting"); },
        [&] { Advance(seconds(1)); },
        [&] { jobs_->CancelGroup("grouped", kAda); },
        [&] { Advance(seconds(10)); },
    };
  }

  void SubmitChain() {
    JobSpec second = Spec("second", 0.5);
    second.after = {{"first"}};
    jobs_->SubmitBatch({{second, Spec("first", 0.5)}}, kAda, "batch");
  }
  void SubmitFailing() {
    JobSpec spec = Spec("fails once", 0.5);
    spec.retries = 1;
    spec.retry_delay_seconds = 5;
    Submit(spec);
  }
  void SubmitGrouped(const std::string& name) {
    JobSpec spec = Spec(name, 2);
    spec.group = "grouped";
    Submit(spec);
  }

  void CheckEnds(const std::map<std::string, Job>& jobs) override {
    EXPECT_EQ(jobs.size(), 9u);
    for (const auto& [name, job] : jobs) {
      const bool cancelled = name.starts_with("grouped");
      EXPECT_EQ(job.state, cancelled ? JobState::kCancelled : JobState::kSucceeded)
          << name << ": " << job.reason;
    }
    EXPECT_GE(*jobs.at("second").started_at, *jobs.at("first").ended_at);
    ASSERT_EQ(jobs.at("fails once").attempts.size(), 2u);
    EXPECT_EQ(jobs.at("fails once").attempts[0].exit_code, 7);
    EXPECT_EQ(jobs.at("task[1]").attempts.size(), 1u);
    EXPECT_EQ(jobs.at("high").attempts.size(), 1u);
    // It may have died so long that there was nothing to make room for.
    const std::vector<Attempt>& low = jobs.at("low").attempts;
    ASSERT_LE(low.size(), 2u);
    EXPECT_TRUE(died() || low.size() == 2);
    if (low.size() == 2) {
      EXPECT_EQ(low[0].cause, "preempted");
    }
  }
};

template <typename Played>
void DieEverywhere(int fewest, int most) {
  int points = 0;
  for (; points < most; ++points) {
    SCOPED_TRACE(points);
    Played scenario(points);
    scenario.PlayAll();
    scenario.Check();
    if (testing::Test::HasFailure() || !scenario.died()) break;
  }
  // It ended with a scenario that nothing interrupted.
  EXPECT_GT(points, fewest);
  EXPECT_LT(points, most);
}

TEST(CrashTest, DyingAtAnyPointLosesNothingAndRunsNothingTwice) {
  DieEverywhere<EveryEnd>(40, 500);
}

TEST(CrashTest, DyingAtAnyPointOfRetriesChainsArraysPreemptionAndGroupsLosesNothing) {
  DieEverywhere<EveryTurn>(80, 1'000);
}

}  // namespace
}  // namespace orrery::jobs
