#include "api/jobs.h"

#include <gmock/gmock.h>

#include "api/cluster.h"
#include "api/events.h"
#include "jobs/test_jobs.h"

namespace orrery::api {
namespace {

using http::Method;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

struct Answer {
  int status = 0;
  std::string text;
  json::value json;
};

class JobRoutesTest : public testing::Test {
 protected:
  JobRoutesTest() {
    AddJobRoutes(router_, *jobs_, jobs_.events);
    AddEventRoutes(router_, jobs_.events);
    AddClusterRoutes(router_, *jobs_);
    jobs_.executor.SetScript(
        [](const jobs::AttemptLaunch&) { return jobs::FakeRun{.end_after = seconds(5), .log = "hello\n"}; });
  }

  http::Response Send(http::Request request) { return router_.Answer(request); }

  static Answer Read(http::Response response) {
    Answer answer{.status = response.status};
    if (auto* text = std::get_if<std::string>(&response.body)) {
      answer.text = *text;
    } else if (auto* source = std::get_if<std::unique_ptr<http::BodySource>>(&response.body)) {
      std::byte block[64];
      while (const size_t got = (*source)->Read(block)) {
        answer.text.append(reinterpret_cast<const char*>(block), got);
      }
    }
    const bool lines = response.headers.Get("Content-Type") == "application/jsonl";
    if (answer.text.starts_with('{') && !lines) answer.json = ParseJson(answer.text);
    return answer;
  }

  Answer Call(Method method, const std::string& target, const std::string& body = {}) {
    return Read(Send(http::Request(method, target, body)));
  }

  std::string Submit(const std::string& name = "train") {
    const Answer answer =
        Call(Method::kPost, "/api/v1/jobs", R"({"name":")" + name + R"(","command":["true"]})");
    EXPECT_EQ(answer.status, 201) << answer.text;
    jobs_.Settle();
    return std::string(answer.json.at("id").as_string());
  }

  static http::LiveSource& Live(http::Response& response) {
    return *std::get<std::unique_ptr<http::LiveSource>>(response.body);
  }

  void ExpectError(const Answer& answer, int status, const std::string& field) {
    EXPECT_EQ(answer.status, status) << answer.text;
    const json::object& error = answer.json.as_object().at("error").as_object();
    EXPECT_EQ(error.contains("field") ? std::string(error.at("field").as_string()) : "", field)
        << answer.text;
  }

  jobs::TestJobs jobs_;
  http::Router router_;
};

TEST_F(JobRoutesTest, SubmitGetListCancel) {
  const std::string id = Submit();
  EXPECT_EQ(Call(Method::kGet, "/api/v1/jobs/" + id).json.at("state").as_string(), "RUNNING");
  const Answer list =
      Call(Method::kGet, "/api/v1/jobs?state=RUNNING&state=QUEUED&limit=1&name=train&queue=default");
  EXPECT_EQ(list.json.at("jobs").as_array().size(), 1u);
  EXPECT_EQ(Call(Method::kGet, "/api/v1/cluster").json.at("jobs_running").as_int64(), 1);
  EXPECT_EQ(Call(Method::kPost, "/api/v1/jobs/" + id + "/cancel").status, 200);
  jobs_.Advance(seconds(1));
  EXPECT_EQ(Call(Method::kGet, "/api/v1/jobs/" + id).json.at("state").as_string(), "CANCELLED");
  EXPECT_EQ(Call(Method::kPost, "/api/v1/jobs/" + id + "/cancel").json.at("state").as_string(), "CANCELLED");
}

TEST_F(JobRoutesTest, AnIdempotencyKeyMakesRepetitionsOneJob) {
  http::Request request(Method::kPost, "/api/v1/jobs", R"({"name":"train","command":["true"]})");
  request.headers().Add("Idempotency-Key", "k1");
  const auto copy = [&](const std::string& body) {
    http::Request again(Method::kPost, "/api/v1/jobs", body);
    again.headers().Add("Idempotency-Key", "k1");
    return again;
  };
  const Answer first = Read(Send(std::move(request)));
  const Answer second = Read(Send(copy(R"({"command":["true"],"name":"train"})")));
  EXPECT_EQ(first.json.at("id"), second.json.at("id"));
  EXPECT_EQ(Read(Send(copy(R"({"command":["false"],"name":"train"})"))).status, 409);
}

TEST_F(JobRoutesTest, AnArrayIsSubmittedListedAndCancelledAsAGroup) {
  const std::string body = R"({"spec":{"name":"fit","command":["true"]},"array":"1-3"})";
  const auto submit = [&] {
    http::Request request(Method::kPost, "/api/v1/job-arrays", body);
    request.headers().Add("Idempotency-Key", "k1");
    return Read(Send(std::move(request)));
  };
  const Answer array = submit();
  EXPECT_EQ(array.status, 201) << array.text;
  EXPECT_EQ(submit().text, array.text);
  EXPECT_EQ(array.json.at("jobs").as_array().size(), 3u);
  EXPECT_EQ(array.json.at("jobs").at(2).at("name").as_string(), "fit[3]");
  EXPECT_EQ(array.json.at("jobs").at(2).at("array_index").as_int64(), 3);
  const std::string group(array.json.at("group").as_string());
  EXPECT_EQ(Call(Method::kGet, "/api/v1/jobs?group=" + group).json.at("jobs").as_array().size(), 3u);
  const Answer cancelled = Call(Method::kPost, "/api/v1/job-groups/" + group + "/cancel");
  EXPECT_EQ(cancelled.status, 200);
  EXPECT_EQ(cancelled.json.at("jobs").as_array().size(), 3u);
  EXPECT_EQ(Call(Method::kPost, "/api/v1/job-groups/" + group + "/cancel").json.at("jobs").as_array().size(),
            0u);
  ExpectError(Call(Method::kPost, "/api/v1/job-groups/none/cancel"), 404, "group");
}

TEST_F(JobRoutesTest, WhereManyJobsStandIsOneQuestion) {
  const std::string first = Submit("first");
  const std::string second = Submit("second");
  const auto ask = [&](const std::string& ids) {
    return Call(Method::kPost, "/api/v1/job-states", R"({"ids":[)" + ids + "]}");
  };
  const Answer answer = ask("\"" + second + "\",\"" + first + "\"");
  ASSERT_EQ(answer.status, 200) << answer.text;
  const json::array& jobs = answer.json.at("jobs").as_array();
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].at("name").as_string(), "second");
  EXPECT_EQ(jobs[1].at("id").as_string(), first);
  EXPECT_EQ(jobs[1].at("state").as_string(), "RUNNING");
  ExpectError(ask(R"("0123456789abcdef0123456789abcdef")"), 404, "job_id");
  ExpectError(ask(R"("../x")"), 400, "job_id");
  std::string many = "\"" + first + "\"";
  for (int i = 0; i < 10'000; ++i) many += ",\"" + first + "\"";
  ExpectError(ask(many), 400, "ids");
}

TEST_F(JobRoutesTest, ABatchIsTakenInAsAWhole) {
  const Answer batch = Call(Method::kPost, "/api/v1/job-batches",
                            R"({"jobs":[{"name":"b","command":["true"],"after":[{"job":"a"}]},
                                        {"name":"a","command":["true"]}]})");
  EXPECT_EQ(batch.status, 201) << batch.text;
  EXPECT_EQ(batch.json.at("jobs").at(0).at("state").as_string(), "PENDING");
  EXPECT_THAT(batch.text, HasSubstr("(a) to succeed"));
  const auto refused = [&](const std::string& text) {
    return Call(Method::kPost, "/api/v1/job-batches", text);
  };
  ExpectError(refused(R"({"jobs":[{"name":"a","command":["x"],"after":[{"job":"a"}]}]})"), 400, "jobs");
  ExpectError(refused(R"({"jobs":[{"name":"a","command":["x"]},{"name":"b","command":["x"],"cpus":0}]})"),
              400, "jobs[1].cpus");
  ExpectError(refused(R"({"jobs":[]})"), 400, "jobs");
  ExpectError(refused("{}"), 400, "jobs");
  EXPECT_EQ(Call(Method::kGet, "/api/v1/jobs").json.at("jobs").as_array().size(), 2u);
}

/// A log of `lines` lines, the number of each in it.
std::string NumberedLines(int first, int end) {
  std::string text;
  for (int i = first; i < end; ++i) text += "step " + std::to_string(i) + "\n";
  return text;
}

TEST_F(JobRoutesTest, ALogIsSearched) {
  const std::string id = Submit();
  jobs_.executor.AppendLog({id, 1}, NumberedLines(0, 100'000));
  const std::string logs = "/api/v1/jobs/" + id + "/logs";
  EXPECT_EQ(Call(Method::kGet, logs + "?grep=99$&limit=2").text,
            "{\"line\":101,\"offset\":788,\"text\":\"step 99\"}\n"
            "{\"line\":201,\"offset\":1687,\"text\":\"step 199\"}\n");
  const std::string last = R"({"line":100001,"offset":1088885,"text":"step 99999"})"
                           "\n";
  EXPECT_EQ(Call(Method::kGet, logs + "?grep=STEP%2099999&ignore_case=true").text, last);
  EXPECT_EQ(Call(Method::kGet, logs + "?grep=step&tail=1").text, last);
  EXPECT_EQ(Call(Method::kGet, logs + "?grep=9999$&offset=1000000").text, last);
  EXPECT_EQ(Call(Method::kGet, logs + "?grep=nothing").text, "");
  ExpectError(Call(Method::kGet, logs + "?grep=a)"), 400, "grep");
  EXPECT_THAT(Call(Method::kGet, logs + "?grep=a)").text, HasSubstr("at character "));
  ExpectError(Call(Method::kGet, logs + "?limit=3"), 400, "limit");
  ExpectError(Call(Method::kGet, logs + "?ignore_case=true"), 400, "ignore_case");
  ExpectError(Call(Method::kGet, logs + "?tail=1&offset=2"), 400, "tail");
  ExpectError(Call(Method::kGet, logs + "?tail=0"), 400, "tail");
}

TEST_F(JobRoutesTest, TheLastLinesBeginWhereTheHeaderSays) {
  const std::string id = Submit();
  jobs_.executor.AppendLog({id, 1}, "one\ntwo\nthree");
  http::Response response = Send(http::Request(Method::kGet, "/api/v1/jobs/" + id + "/logs?tail=2"));
  EXPECT_EQ(response.headers.Get("Orrery-Log-Offset"), "10");
  EXPECT_EQ(Read(std::move(response)).text, "two\nthree");
}

TEST_F(JobRoutesTest, MatchesAreFollowedUntilTheJobEnds) {
  const std::string id = Submit();
  http::Response response =
      Send(http::Request(Method::kGet, "/api/v1/jobs/" + id + "/logs?follow=true&grep=step"));
  const auto poll = [&] { return Live(response).Poll(); };
  EXPECT_EQ(poll().bytes, "");
  EXPECT_EQ(Live(response).KeepAlive(), "\n");
  jobs_.executor.AppendLog({id, 1}, "step 1\nother\nst");
  EXPECT_EQ(poll().bytes, R"({"line":2,"offset":6,"text":"step 1"})"
                          "\n");
  EXPECT_EQ(poll().bytes, "");
  jobs_.executor.AppendLog({id, 1}, "ep 2");
  EXPECT_EQ(poll().bytes, "") << "the line may go on";
  jobs_.Advance(seconds(5));
  http::LiveSource::Progress progress = poll();
  for (int i = 0; i < 10 && progress.bytes.empty() && !progress.ended; ++i) progress = poll();
  EXPECT_EQ(progress.bytes, R"({"line":4,"offset":19,"text":"step 2"})"
                            "\n");
  EXPECT_TRUE(progress.ended);
}

TEST_F(JobRoutesTest, AFollowedLogOfManyLinesIsWholeOverReconnections) {
  const std::string id = Submit();
  std::string expected = "hello\n";
  std::string got;
  for (int i = 0; i < 10; ++i) {
    const std::string more = NumberedLines(i * 10'000, (i + 1) * 10'000);
    jobs_.executor.AppendLog({id, 1}, more);
    expected += more;
    // Each connection breaks off in the middle of what there is.
    http::Response response = Send(http::Request(
        Method::kGet, "/api/v1/jobs/" + id + "/logs?follow=true&offset=" + std::to_string(got.size())));
    const std::string bytes = Live(response).Poll().bytes;
    got += bytes.substr(0, bytes.size() * 2 / 3);
  }
  jobs_.Advance(seconds(5));
  http::Response response = Send(http::Request(
      Method::kGet, "/api/v1/jobs/" + id + "/logs?follow=true&offset=" + std::to_string(got.size())));
  for (http::LiveSource::Progress progress; !progress.ended;) {
    progress = Live(response).Poll();
    got += progress.bytes;
  }
  EXPECT_EQ(got, expected);
}

TEST_F(JobRoutesTest, TheClusterTellsWhoHoldsAndWhoWaitsInTheirOrder) {
  jobs_.executor.SetScript(
      [](const jobs::AttemptLaunch&) { return jobs::FakeRun{.end_after = seconds(60)}; });
  const auto submit = [&](const std::string& rest) {
    const Answer answer =
        Call(Method::kPost, "/api/v1/jobs", R"({"command":["true"],"cpus":1.5,)" + rest + "}");
    EXPECT_EQ(answer.status, 201) << answer.text;
    jobs_.Settle();
    return std::string(answer.json.at("id").as_string());
  };
  const std::string holder = submit(R"("name":"holds","queue":"night","timeout_seconds":60)");
  const std::string later = submit(R"("name":"later","priority":-1)");
  const std::string first = submit(R"("name":"first")");
  const json::value cluster = Call(Method::kGet, "/api/v1/cluster").json;
  EXPECT_EQ(cluster.at("nodes").at(0).at("cpus_free").as_double(), 0.5);
  EXPECT_EQ(cluster.at("nodes").at(0).at("gpu_types").as_array().size(), 0u);
  const json::value& running = cluster.at("running").at(0);
  EXPECT_EQ(running.at("job_id"), json::value(holder));
  EXPECT_EQ(running.at("nodes").at(0).as_string(), "here");
  EXPECT_EQ(running.at("expected_end_at"), json::value(FormatInstant(jobs_.clock.Now() + seconds(60))));
  const json::array& waiting = cluster.at("waiting").as_array();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0].at("job_id"), json::value(first));
  EXPECT_EQ(waiting[1].at("job_id"), json::value(later));
  EXPECT_EQ(waiting[1].at("position").as_int64(), 2);
  EXPECT_THAT(std::string(waiting[1].at("reason").as_string()), HasSubstr("needs 1.5 CPUs"));
  EXPECT_EQ(Call(Method::kGet, "/api/v1/cluster?limit=1").json.at("waiting").as_array().size(), 1u);
  EXPECT_EQ(Call(Method::kGet, "/api/v1/cluster?limit=0").json.at("jobs_waiting").as_int64(), 2);
  ExpectError(Call(Method::kGet, "/api/v1/cluster?limit=1001"), 400, "limit");
}

TEST_F(JobRoutesTest, BadRequestsNameTheField) {
  const auto submit = [&](const std::string& body) { return Call(Method::kPost, "/api/v1/jobs", body); };
  ExpectError(submit("{"), 400, "");
  ExpectError(submit("[]"), 400, "");
  ExpectError(submit(R"({"name":"a"})"), 400, "command");
  ExpectError(submit(R"({"name":"a","command":["b"],"cpus":0})"), 400, "cpus");
  ExpectError(submit(R"({"name":"a","command":["b"],"cpus":"many"})"), 400, "cpus");
  ExpectError(submit(R"({"name":"a","command":["b"],"seed":9007199254740993})"), 400, "seed");
  ExpectError(submit(R"({"name":"a","command":["b"],"framework":"COBOL"})"), 400, "framework");
  ExpectError(submit(R"({"name":"a","command":["b"],"colour":1})"), 400, "colour");
  ExpectError(submit(R"({"name":"a","command":["b"],"after":[{"job":"none"}]})"), 400, "after[0].job");
  const auto array = [&](const std::string& text) {
    const std::string body = R"({"spec":{"name":"a","command":["b"]},"array":")" + text + R"("})";
    return Call(Method::kPost, "/api/v1/job-arrays", body);
  };
  ExpectError(array("1-10001"), 400, "array");
  ExpectError(array("3-1"), 400, "array");
  ExpectError(submit(R"({"name":"a","command":["b"],"inputs":[{"path":"/no/such/file"}]})"), 400,
              "inputs[0].path");
  ExpectError(submit(R"({"name":"a","command":["b"],"inputs":[{"path":"../x"}]})"), 400, "inputs[0].path");
  const Answer never = submit(R"({"name":"a","command":["b"],"gpus":8})");
  EXPECT_EQ(never.json.at("error").at("code").as_string(), "failed_precondition");
  EXPECT_THAT(never.text, HasSubstr("needs 8 GPUs; this machine has 0"));
  EXPECT_LT(never.status, 500);
  ExpectError(Call(Method::kGet, "/api/v1/jobs?state=SLEEPING"), 400, "state");
  ExpectError(Call(Method::kGet, "/api/v1/jobs?limit=0"), 400, "limit");
  ExpectError(Call(Method::kGet, "/api/v1/jobs?page_token=x"), 400, "page_token");
  ExpectError(Call(Method::kGet, "/api/v1/jobs?colour=red"), 400, "colour");
  ExpectError(Call(Method::kGet, "/api/v1/jobs/a%20b"), 400, "job_id");
  ExpectError(Call(Method::kGet, "/api/v1/jobs/none"), 404, "job_id");
  ExpectError(Call(Method::kGet, "/api/v1/jobs/none/logs"), 404, "job_id");
  ExpectError(Call(Method::kGet, "/api/v1/jobs/none/events"), 404, "job_id");
  ExpectError(Call(Method::kGet, "/api/v1/jobs/" + Submit() + "/logs?attempt=2"), 404, "attempt");
  ExpectError(Call(Method::kGet, "/api/v1/events?after=x"), 400, "after");
}

TEST_F(JobRoutesTest, LogsByRangeAndOffset) {
  const std::string logs = "/api/v1/jobs/" + Submit() + "/logs";
  EXPECT_EQ(Call(Method::kGet, logs).text, "hello\n");
  EXPECT_EQ(Call(Method::kGet, logs + "?offset=2&attempt=1").text, "llo\n");
  EXPECT_EQ(Call(Method::kGet, logs + "?offset=99").text, "");
  http::Request request(Method::kGet, logs);
  request.headers().Add("Range", "bytes=1-2");
  const Answer part = Read(Send(std::move(request)));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.text, "el");
}

TEST_F(JobRoutesTest, AFollowedLogEndsWithTheJob) {
  const Answer submitted = Call(Method::kPost, "/api/v1/jobs", R"({"name":"train","command":["true"]})");
  const std::string id(submitted.json.at("id").as_string());
  http::Response response =
      Send(http::Request(Method::kGet, "/api/v1/jobs/" + id + "/logs?follow=true&offset=1"));
  http::LiveSource& live = Live(response);
  EXPECT_EQ(live.Poll().bytes, "");
  jobs_.Settle();
  EXPECT_EQ(live.Poll().bytes, "ello\n");
  EXPECT_FALSE(live.Poll().ended);
  jobs_.executor.AppendLog({id, 1}, std::string(300'000, 'x'));
  jobs_.Advance(seconds(5));
  std::string rest;
  http::LiveSource::Progress progress;
  for (int i = 0; i < 10 && !progress.ended; ++i) {
    progress = live.Poll();
    rest += progress.bytes;
  }
  EXPECT_TRUE(progress.ended);
  EXPECT_EQ(rest.size(), 300'000u);
}

TEST_F(JobRoutesTest, AFollowedLogOfAJobThatNeverRanEnds) {
  const Answer submitted = Call(Method::kPost, "/api/v1/jobs", R"({"name":"train","command":["true"]})");
  const std::string id(submitted.json.at("id").as_string());
  http::Response response = Send(http::Request(Method::kGet, "/api/v1/jobs/" + id + "/logs?follow=true"));
  EXPECT_FALSE(Live(response).Poll().ended);
  Call(Method::kPost, "/api/v1/jobs/" + id + "/cancel");
  EXPECT_TRUE(Live(response).Poll().ended);
}

TEST_F(JobRoutesTest, EventsResumeAfterTheLastOneSeen) {
  const std::string id = Submit();
  http::Response response = Send(http::Request(Method::kGet, "/api/v1/jobs/" + id + "/events"));
  const std::string first = Live(response).Poll().bytes;
  EXPECT_THAT(first, HasSubstr("id: 1\nevent: job_pending\ndata: {\"id\":1,"));
  EXPECT_THAT(first, HasSubstr("event: job_running\n"));
  EXPECT_EQ(Live(response).Poll().bytes, "");
  jobs_.Advance(seconds(5));
  EXPECT_THAT(Live(response).Poll().bytes, HasSubstr("event: job_succeeded\n"));

  http::Request resume(Method::kGet, "/api/v1/events?subject=job:" + id);
  resume.headers().Add("Last-Event-ID", "3");
  http::Response resumed = Send(std::move(resume));
  const std::string rest = Live(resumed).Poll().bytes;
  EXPECT_THAT(rest, Not(HasSubstr("id: 3\n")));
  EXPECT_THAT(rest, HasSubstr("id: 4\n"));
}

TEST_F(JobRoutesTest, AStreamOfAllEventsBeginsNow) {
  Submit("before");
  http::Response response = Send(http::Request(Method::kGet, "/api/v1/events?type=job_queued"));
  EXPECT_EQ(Live(response).Poll().bytes, "");
  Submit("after");
  EXPECT_THAT(Live(response).Poll().bytes, HasSubstr("\"name\":\"after\""));
  http::Response past = Send(http::Request(Method::kGet, "/api/v1/events?after=0"));
  EXPECT_THAT(Live(past).Poll().bytes, HasSubstr("\"name\":\"before\""));
  EXPECT_EQ(Live(past).KeepAlive(), ": keep-alive\n\n");
}

}  // namespace
}  // namespace orrery::api
