#include "jobs/internal/array.h"

#include <gmock/gmock.h>

#include "base/code_of.h"
#include "jobs/jobs.h"
#include "jobs/test_jobs.h"

namespace orrery::jobs {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Actor kAda = {"ada"};

TEST(ArrayTest, IndicesAreListedAsPeopleWriteThem) {
  EXPECT_THAT(internal::ParseArray("1-4"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(internal::ParseArray("0-7:3"), ElementsAre(0, 3, 6));
  EXPECT_THAT(internal::ParseArray("7,1,3"), ElementsAre(7, 1, 3));
  EXPECT_THAT(internal::ParseArray("5-6,1-2:9"), ElementsAre(5, 6, 1));
  EXPECT_THAT(internal::ParseArray("999999999"), ElementsAre(999'999'999));
  EXPECT_THAT(internal::ParseArray("1-10000"), SizeIs(10'000));
}

TEST(ArrayTest, WhatListsNoneIsRefused) {
  for (const char* text :
       {"",        "-",           "1-",   "-1",    "a",   "1,",    ",1",         "1-2-3",
        "1:2",     "1 - 3",       "2-1",  "1-3:0", "1,1", "1-5,3", "1000000000", "99999999999999999999",
        "1-10001", "0-999999999", "1-3:", "+1"}) {
    const Error error = ErrorOf([&] { internal::ParseArray(text); });
    EXPECT_EQ(error.code(), Code::kInvalidArgument) << text;
    EXPECT_EQ(error.field(), "array") << text;
  }
  EXPECT_THAT(ErrorOf([] { internal::ParseArray("1-10001"); }).what(), HasSubstr("at most 10000"));
}

class ArraysTest : public testing::Test {
 protected:
  JobArray Submit(const std::string& array, const JobSpec& spec = TestJobs::Spec("train")) {
    JobArray submitted = jobs_->SubmitArray({spec, array}, kAda);
    jobs_.Settle();
    return submitted;
  }

  TestJobs jobs_;
};

TEST_F(ArraysTest, EachTaskIsAJobThatKnowsItsIndex) {
  JobSpec spec = TestJobs::Spec("train");
  spec.run_name = "fit";
  spec.cpus = 0.1;
  const JobArray array = Submit("3,7", spec);
  ASSERT_THAT(array.jobs, SizeIs(2));
  EXPECT_EQ(array.jobs[1].name, "train[7]");
  EXPECT_EQ(array.jobs[1].spec.run_name, "fit[7]");
  EXPECT_EQ(array.jobs[1].array_index, 7);
  EXPECT_EQ(array.jobs[1].group, array.group);
  EXPECT_NE(array.jobs[0].run_id, array.jobs[1].run_id);
  std::map<std::string, std::string> indices;
  for (const AttemptLaunch& launch : jobs_.executor.Launches()) {
    indices[launch.id.job_id] = launch.env.at("ORRERY_ARRAY_INDEX");
    EXPECT_EQ(launch.env.at("ORRERY_ARRAY_GROUP"), array.group);
  }
  EXPECT_EQ(indices.at(array.jobs[0].id.text()), "3");
  EXPECT_EQ(indices.at(array.jobs[1].id.text()), "7");
  jobs_.Advance(seconds(1));
  const Job job = jobs_->Get(array.jobs[1].id);
  EXPECT_EQ(job.state, JobState::kSucceeded);
  EXPECT_EQ(job.array_index, 7);
}

TEST_F(ArraysTest, OneKeyOneArray) {
  const ArraySpec spec{TestJobs::Spec("train"), "1-3"};
  const JobArray first = jobs_->SubmitArray(spec, kAda, "key");
  const JobArray second = jobs_->SubmitArray(spec, kAda, "key");
  EXPECT_EQ(first.group, second.group);
  EXPECT_EQ(first.jobs[2].id, second.jobs[2].id);
  EXPECT_EQ(ErrorOf([&] { jobs_->SubmitArray({spec.spec, "1-4"}, kAda, "key"); }).code(), Code::kAborted);
  EXPECT_THAT(jobs_->List({}).jobs, SizeIs(3));
}

TEST_F(ArraysTest, BadArraysLeaveNothing) {
  JobSpec spec = TestJobs::Spec(std::string(253, 'x'));
  EXPECT_EQ(ErrorOf([&] { Submit("1-10", spec); }).field(), "name");
  spec.name = "train";
  spec.cpus = 64;
  EXPECT_EQ(ErrorOf([&] { Submit("1-10", spec); }).code(), Code::kFailedPrecondition);
  spec.cpus = 1;
  spec.env["BIG"] = std::string(60'000, 'x');
  EXPECT_THAT(ErrorOf([&] { Submit("1-10000", spec); }).what(), HasSubstr("array: too large"));
  EXPECT_EQ(ErrorOf([&] { Submit("1-10001"); }).field(), "array");
  EXPECT_THAT(jobs_->List({}).jobs, IsEmpty());
}

TEST_F(ArraysTest, AGroupIsListedAndCancelledTogether) {
  jobs_.executor.SetScript([](const AttemptLaunch&) { return FakeRun{.end_after = seconds(100)}; });
  JobSpec spec = TestJobs::Spec("train");
  spec.group = "nightly";
  const JobArray array = Submit("1-4", spec);
  EXPECT_EQ(array.group, "nightly");
  const Job other = jobs_->Submit(TestJobs::Spec("other"), kAda);
  spec.after = {{array.jobs[0].id.text()}};
  const Job behind = jobs_->Submit(spec, kAda);
  EXPECT_THAT(jobs_->List({.group = "nightly"}).jobs, SizeIs(5));
  EXPECT_THAT(jobs_->List({.states = {JobState::kRunning}, .group = "nightly"}).jobs, SizeIs(2));

  EXPECT_THAT(jobs_->CancelGroup("nightly", kAda), SizeIs(5));
  jobs_.Advance(seconds(0));
  for (const Job& job : jobs_->List({.group = "nightly"}).jobs) {
    EXPECT_EQ(job.state, JobState::kCancelled);
    EXPECT_THAT(job.reason, HasSubstr("cancelled by ada"));
  }
  EXPECT_EQ(jobs_->Get(behind.id).state, JobState::kCancelled);
  EXPECT_FALSE(IsTerminal(jobs_->Get(other.id).state));
  EXPECT_THAT(jobs_->CancelGroup("nightly", kAda), IsEmpty());
  EXPECT_EQ(ErrorOf([&] { jobs_->CancelGroup("none", kAda); }).code(), Code::kNotFound);
}

}  // namespace
}  // namespace orrery::jobs
