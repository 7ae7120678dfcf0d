#include "jobs/reproduce.h"

#include <gmock/gmock.h>

#include "base/code_of.h"
#include "base/durable_file_system.h"
#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using testing::HasSubstr;

const Actor kAda{"ada"};

class ReproduceTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = jobs_.database.directory() + "/" + name;
    jobs_.files.Open(path, OpenMode::kCreateTruncate)->WriteAt(0, std::as_bytes(std::span(text)));
    return path;
  }
  Job SubmitWithInputs() {
    JobSpec spec = TestJobs::Spec("train");
    spec.params = {{"lr", "0.1"}};
    spec.seed = 7;
    spec.env = {{"MODE", "fast"}};
    spec.inputs = {{a_}, {b_}};
    return Ended(jobs_->Submit(spec, kAda));
  }
  Job Ended(const Job& job) {
    jobs_.Settle();
    jobs_.Advance(std::chrono::seconds(1));
    return jobs_->Get(job.id);
  }
  std::string Refused(const JobId& id) {
    try {
      jobs_->Reproduce(id, kAda);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kFailedPrecondition);
      EXPECT_EQ(error.field(), "inputs");
      return error.what();
    }
    ADD_FAILURE() << "was not refused";
    return {};
  }

  TestJobs jobs_;
  const std::string a_ = Write("a.csv", "a,b\n");
  const std::string b_ = Write("b.csv", "1,2\n");
};

TEST_F(ReproduceTest, TheSameIsSubmittedAndNamesItsOrigin) {
  const Job original = SubmitWithInputs();
  const Job again = jobs_->Reproduce(original.id, {"bob"});
  EXPECT_NE(again.id, original.id);
  EXPECT_NE(again.run_id, original.run_id);
  EXPECT_EQ(again.submitted_by, "bob");
  EXPECT_EQ(again.spec.reproduces, original.run_id);
  JobSpec same = again.spec;
  same.reproduces.reset();
  EXPECT_EQ(ToJson(same), ToJson(original.spec));
}

TEST_F(ReproduceTest, ThePackagesAreThoseThatItReallyHad) {
  const EnvironmentSpec resolved{.lock = "mlflow==3.0 --hash=sha256:00\n"};
  jobs_.executor.SetScript([&](const AttemptLaunch&) {
    return FakeRun{.end_after = std::chrono::seconds(1), .resolved = resolved};
  });
  JobSpec spec = TestJobs::Spec("train");
  spec.environment = EnvironmentSpec{.requirements = "mlflow\n"};
  const Job original = Ended(jobs_->Submit(spec, kAda));
  EXPECT_EQ(jobs_->Reproduce(original.id, kAda).spec.environment, resolved);
}

TEST_F(ReproduceTest, WhatHasNotEndedIsRefused) {
  const Job original = jobs_->Submit(TestJobs::Spec("train"), kAda);
  const Error error = ErrorOf([&] { jobs_->Reproduce(original.id, kAda); });
  EXPECT_EQ(error.code(), Code::kFailedPrecondition);
  EXPECT_THAT(error.what(), HasSubstr("has not ended yet"));
  EXPECT_EQ(jobs_->Reproduce(Ended(original).id, kAda).state, JobState::kQueued);
}

TEST(ReproduceOnGpusTest, TheTypeOfGpuIsTheOneThatItHad) {
  const std::vector<GpuDevice> gpus = {{"0", "A100", 40LL << 30}, {"1", "H100", 80LL << 30}};
  TestJobs jobs({{"here", 4, 4LL << 30, gpus}});
  JobSpec spec = TestJobs::Spec("train");
  spec.gpus = 1;
  Job original = jobs->Submit(spec, kAda);
  jobs.Settle();
  jobs.Advance(std::chrono::seconds(1));
  original = jobs->Get(original.id);
  ASSERT_FALSE(original.attempts.empty());
  ASSERT_TRUE(original.attempts.back().gpu_type);
  EXPECT_EQ(jobs->Reproduce(original.id, kAda).spec.gpu_type, original.attempts.back().gpu_type);
}

TEST_F(ReproduceTest, EveryInputThatChangedIsNamed) {
  const Job original = SubmitWithInputs();
  Write("a.csv", "a,c\n");
  const std::string one = Refused(original.id);
  EXPECT_THAT(one, HasSubstr("/a.csv\" has changed: it was " + DigestOf("a,b\n").text() + " and is " +
                             DigestOf("a,c\n").text()));
  EXPECT_THAT(one, testing::Not(HasSubstr("b.csv")));
  jobs_.files.Remove(b_);
  EXPECT_THAT(Refused(original.id), HasSubstr("/b.csv\" cannot be read any more"));
  Write("a.csv", "a,b\n");
  Write("b.csv", "1,2\n");
  EXPECT_EQ(jobs_->Reproduce(original.id, kAda).spec.inputs.size(), 2u)
      << "the same bytes are the same input";
}

TEST_F(ReproduceTest, ARepeatedRequestGivesTheSameJobWhateverHappenedToTheInputs) {
  const Job original = SubmitWithInputs();
  const Job again = jobs_->Reproduce(original.id, kAda, "key");
  Write("a.csv", "changed");
  EXPECT_EQ(jobs_->Reproduce(original.id, kAda, "key").id, again.id);
}

}  // namespace
}  // namespace orrery::jobs
