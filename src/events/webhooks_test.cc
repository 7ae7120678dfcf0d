#include "events/webhooks.h"

#include <thread>

#include <gmock/gmock.h>

#include "base/fake_clock.h"
#include "base/fake_network.h"
#include "base/fake_random.h"
#include "sql/test_database.h"

namespace orrery::events {
namespace {

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";

class WebhooksTest : public testing::Test {
 protected:
  void Append(const std::string& type) {
    database_->Write([&](sql::Writer& writer) { log_.Append(writer, {.type = type, .subject = "job:1"}); });
  }
  Code CodeOfCreating(const NewWebhook& webhook) {
    try {
      webhooks_.Create(webhook, ada_);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  }

  const Actor ada_{"ada"};
  FakeClock clock_;
  FakeRandom random_;
  FakeNetwork network_;
  sql::TestDatabase database_{EventLog::Migrations(), Webhooks::Migrations()};
  EventLog log_{*database_, clock_};
  Webhooks webhooks_{{*database_, log_, network_, clock_, random_}, {.loopback = true, .hosts = {}}};
};

TEST_F(WebhooksTest, ShowsItsSecretOnce) {
  const Webhook created =
      webhooks_.Create({.url = "http://127.0.0.1/x", .types = {"job_*", "run_created"}}, ada_);
  EXPECT_TRUE(created.secret.value().starts_with("whsec_"));
  EXPECT_EQ(created.created_by, "ada");
  EXPECT_FALSE(webhooks_.Get(created.id).secret);
  ASSERT_EQ(webhooks_.List().size(), 1u);
  EXPECT_FALSE(webhooks_.List()[0].secret);
  EXPECT_THAT(webhooks_.List()[0].types, testing::ElementsAre("job_*", "run_created"));
  for (const Event& event : log_.After(0, {}, 100))
    EXPECT_EQ(ToJson(event).find("whsec_"), std::string::npos) << ToJson(event);
}

TEST_F(WebhooksTest, RefusesWhatItCannotServe) {
  EXPECT_EQ(CodeOfCreating({.url = "http://127.0.0.1/", .types = {}}), Code::kInvalidArgument);
  for (const char* type : {"", "Job", "job-*", "*job", "job_*_x", "j**"}) {
    EXPECT_EQ(CodeOfCreating({.url = "http://127.0.0.1/", .types = {type}}), Code::kInvalidArgument) << type;
  }
  EXPECT_EQ(CodeOfCreating({.url = "https://10.0.0.1/"}), Code::kInvalidArgument);
  for (int i = 0; i < 50; ++i) webhooks_.Create({.url = "http://127.0.0.1/"}, ada_);
  EXPECT_EQ(CodeOfCreating({.url = "http://127.0.0.1/"}), Code::kResourceExhausted);
  EXPECT_THROW(webhooks_.Get(WebhookId::Parse("none")), Error);
  EXPECT_THROW(webhooks_.Remove(WebhookId::Parse("none"), ada_), Error);
  EXPECT_THROW(webhooks_.Change(WebhookId::Parse("none"), {.enabled = true}, ada_), Error);
}

TEST_F(WebhooksTest, CountsWhatWaitsAndGoesOnWhereItWasDisabled) {
  const WebhookId id = webhooks_.Create({.url = "http://127.0.0.1/", .types = {"job_*"}}, ada_).id;
  EXPECT_EQ(webhooks_.Change(id, {.enabled = false}, ada_).state, WebhookState::kDisabled);
  webhooks_.Start();
  Append("job_queued");
  Append("run_created");
  Append("job_running");
  EXPECT_EQ(webhooks_.Get(id).events_waiting, 2);
  EXPECT_EQ(webhooks_.Get(id).oldest_waiting_at, clock_.Now());
  network_.Script(kOk);
  network_.Script(kOk);
  EXPECT_EQ(webhooks_.Change(id, {.enabled = true}, ada_).state, WebhookState::kActive);
  while (webhooks_.Get(id).events_waiting > 0) std::this_thread::yield();
  webhooks_.Stop();
  EXPECT_EQ(webhooks_.Get(id).last_status, 200);
  EXPECT_EQ(network_.sent().size(), 2u);
  webhooks_.Remove(id, ada_);
  EXPECT_TRUE(webhooks_.List().empty());
}

TEST_F(WebhooksTest, ATestTellsTheStatusAndNothingElse) {
  const WebhookId id = webhooks_.Create({.url = "http://127.0.0.1/"}, ada_).id;
  network_.Script(kOk);
  EXPECT_EQ(ToJson(webhooks_.Test(id, ada_)), R"({"delivered":true,"status":200})");
  const Delivery failed = webhooks_.Test(id, ada_);
  EXPECT_FALSE(failed.delivered);
  EXPECT_TRUE(failed.error);
  EXPECT_EQ(webhooks_.Get(id).failures, 0) << "a test is no delivery";
}

}  // namespace
}  // namespace orrery::events
