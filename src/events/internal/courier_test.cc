#include "events/internal/courier.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "base/fake_clock.h"
#include "base/fake_network.h"
#include "base/fake_random.h"
#include "events/internal/signature.h"
#include "sql/test_database.h"

namespace orrery::events::internal {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr const char* kOk = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr const char* kBusy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

class CourierTest : public testing::Test {
 protected:
  CourierTest() {
    store_.Insert({.id = id_.text(),
                   .url = "http://127.0.0.1:9/hook?a=b",
                   .types = R"(["job_*"])",
                   .secret = secret_,
                   .created_at = clock_.Now(),
                   .created_by = "ada"});
  }
  void Append(const std::string& type) {
    database_->Write([&](sql::Writer& writer) { log_.Append(writer, {.type = type, .subject = "job:1"}); });
  }
  std::unique_ptr<Courier> Make() {
    return std::make_unique<Courier>(Courier::Collaborators{log_, store_, sender_, clock_, random_}, Row());
  }
  WebhookRow Row() { return store_.Find(id_).value(); }
  /// The header's value in request number `index`.
  std::string Header(size_t index, const std::string& name) {
    const std::string text = network_.sent().at(index);
    const size_t at = text.find(name + ": ") + name.size() + 2;
    return text.substr(at, text.find("\r\n", at) - at);
  }
  std::string Body(size_t index) {
    const std::string text = network_.sent().at(index);
    return text.substr(text.find("\r\n\r\n") + 4);
  }

  const WebhookId id_ = WebhookId::Parse("w1");
  const std::string secret_ = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  FakeClock clock_;
  FakeRandom random_;
  FakeNetwork network_;
  sql::TestDatabase database_{EventLog::Migrations(), WebhookStore::Migrations()};
  EventLog log_{*database_, clock_};
  WebhookStore store_{*database_, log_};
  const Receivers receivers_{.loopback = true, .hosts = {}};
  Sender sender_{network_, receivers_, clock_};
};

TEST(Signatures, AreThoseOfTheSpecification) {
  EXPECT_EQ(Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                 R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  FakeRandom random;
  EXPECT_EQ(DecodeBase64(DrawSecret(random).substr(6))->size(), 32u);
}

TEST_F(CourierTest, DeliversWhatMatchesInOrderSigned) {
  Append("job_queued");
  Append("run_created");
  Append("job_running");
  network_.Script(kOk);
  network_.Script(kOk);
  const auto courier = Make();
  EXPECT_EQ(courier->Turn(), milliseconds(0));
  EXPECT_EQ(courier->Turn(), milliseconds(0));
  EXPECT_EQ(courier->Turn(), Courier::kUntilMore);
  ASSERT_EQ(network_.sent().size(), 2u);
  EXPECT_THAT(network_.sent()[0], testing::StartsWith("POST /hook?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(Body(0), HasSubstr(R"("type":"job_queued")"));
  EXPECT_THAT(Body(1), HasSubstr(R"("type":"job_running")"));
  EXPECT_EQ(Header(0, "webhook-id"), "evt_2");
  EXPECT_EQ(Header(0, "webhook-signature"), Sign(secret_, "evt_2", Header(0, "webhook-timestamp"), Body(0)));
  EXPECT_EQ(Row().cursor, 4);
}

TEST_F(CourierTest, RepeatsAFailedEventBeforeTheNextAndWaitsLonger) {
  Append("job_queued");
  Append("job_running");
  const auto courier = Make();
  network_.Script(kBusy);
  const auto first = courier->Turn().value();
  network_.Script("");
  const auto second = courier->Turn().value();
  EXPECT_GE(first, milliseconds(750));
  EXPECT_LE(first, milliseconds(1250));
  EXPECT_GE(second, milliseconds(1500));
  EXPECT_LE(second, milliseconds(2500));
  EXPECT_EQ(Row().failures, 2);
  EXPECT_EQ(Row().next_retry_at, clock_.Now() + second);
  network_.Script(kOk);
  EXPECT_EQ(courier->Turn(), milliseconds(0));
  EXPECT_EQ(Header(0, "webhook-id"), Header(2, "webhook-id"));
  EXPECT_EQ(Row().failures, 0);
  EXPECT_EQ(Row().last_error, std::nullopt);
  network_.Script(kOk);
  courier->Turn();
  EXPECT_THAT(Body(3), HasSubstr("job_running"));
}

TEST_F(CourierTest, GoesOnAfterARestartFromWhatWasAcknowledged) {
  Append("job_queued");
  Append("job_running");
  network_.Script(kOk);
  Make()->Turn();
  network_.Script(kBusy);
  Make()->Turn();
  network_.Script(kOk);
  Make()->Turn();
  EXPECT_EQ(Header(1, "webhook-id"), "evt_3");
  EXPECT_EQ(Header(2, "webhook-id"), "evt_3");
  EXPECT_EQ(Make()->Turn(), Courier::kUntilMore);
}

TEST_F(CourierTest, IsPausedAtTheHorizonWithTheReasonAndKeepsItsPlace) {
  Append("job_queued");
  const auto courier = Make();
  int attempts = 0;
  for (std::optional<milliseconds> wait = milliseconds(0); wait; ++attempts) {
    ASSERT_LT(attempts, 200);
    network_.Script(kBusy);
    clock_.Advance(*wait);
    wait = courier->Turn();
  }
  EXPECT_GT(attempts, 50);
  EXPECT_THAT(Row().paused.value(), HasSubstr("answered 503; given up after"));
  EXPECT_EQ(Row().next_retry_at, std::nullopt);
  EXPECT_EQ(log_.After(0, {.types = {"webhook_paused"}}, 10).size(), 1u);
  store_.SetEnabled(id_, true, {"ada"});
  network_.Script(kOk);
  EXPECT_EQ(Make()->Turn(), milliseconds(0));
  EXPECT_EQ(Row().cursor, 2);
}

TEST_F(CourierTest, AClockThatJumpsDoesNotCostItsChances) {
  Append("job_queued");
  const auto courier = Make();
  network_.Script(kBusy);
  courier->Turn();
  clock_.Advance(std::chrono::hours(1'000));
  network_.Script(kBusy);
  EXPECT_TRUE(courier->Turn());
}

TEST_F(CourierTest, IsPausedAtOnceWhenTheReceiverIsGone) {
  Append("job_queued");
  network_.Script("HTTP/1.1 410 Gone\r\n\r\n");
  EXPECT_EQ(Make()->Turn(), std::nullopt);
  EXPECT_THAT(Row().paused.value(), HasSubstr("wants no more"));
}

TEST_F(CourierTest, FollowsNoRedirectAndRefusesANameThatMovedInside) {
  Append("job_queued");
  network_.Script("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n");
  const auto courier = Make();
  courier->Turn();
  EXPECT_THAT(Row().last_error.value(), HasSubstr("redirects are not followed"));
  network_.SetAddresses("127.0.0.1", {"10.0.0.1"});
  courier->Turn();
  EXPECT_THAT(Row().last_error.value(), HasSubstr("may not be reached"));
  EXPECT_THAT(network_.peers(), testing::ElementsAre("127.0.0.1:9"));
}

TEST_F(CourierTest, RemembersHowMuchItPassedOver) {
  for (int i = 0; i < 1'000; ++i) Append("run_created");
  EXPECT_EQ(Make()->Turn(), Courier::kUntilMore);
  EXPECT_EQ(Row().cursor, 1'001);
}

TEST_F(CourierTest, AThreadDeliversWhatHappensWhileItSleeps) {
  const auto courier = Make();
  courier->Start();
  for (int i = 0; i < 3; ++i) {
    network_.Script(kOk);
    Append("job_queued");
    while (Row().cursor != i + 2) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace orrery::events::internal
