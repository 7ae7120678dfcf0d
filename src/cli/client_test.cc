#include "cli/client.h"

#include <sstream>

#include <gmock/gmock.h>

#include "base/fake_clock.h"
#include "base/fake_network.h"
#include "base/fake_random.h"

namespace orrery::cli {
namespace {

const char* const kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
const char* const kLost = "";

class ClientTest : public testing::Test {
 protected:
  PosixFileSystem files_;
  PosixProcesses processes_;
  FakeNetwork network_;
  FakeClock clock_;
  FakeRandom random_{1};
  std::ostringstream text_;
  Context context_{.files = files_,
                   .processes = processes_,
                   .network = network_,
                   .clock = clock_,
                   .random = random_,
                   .environment = {},
                   .terminal = {},
                   .out = text_,
                   .err = text_,
                   .server = "http://h:7"};
};

TEST_F(ClientTest, ALostAnswerIsAskedForAgainUnderTheSameKey) {
  network_.Script(kLost);
  network_.Script(kAnswer);
  EXPECT_EQ(Client(context_).PostText("/a", "body", "key"), "{}");
  ASSERT_EQ(network_.sent().size(), 2u);
  EXPECT_EQ(network_.sent()[0], network_.sent()[1]);
  EXPECT_THAT(network_.sent()[1], testing::HasSubstr("Idempotency-Key: key\r\n"));
}

TEST_F(ClientTest, WhatMayHaveHadItsEffectIsNotSentTwiceWithoutAKey) {
  network_.Script(kLost);
  network_.Script(kAnswer);
  EXPECT_THROW(Client(context_).PostText("/a", "body"), Error);
  EXPECT_EQ(network_.sent().size(), 1u);
}

TEST_F(ClientTest, UploadsAreRepeatedWhole) {
  network_.Script(kLost);
  network_.Script(kAnswer);
  Client(context_).PutBytes("/a", "bytes");
  EXPECT_EQ(network_.sent().size(), 2u);
}

TEST_F(ClientTest, AServerThatWasNeverReachedIsNotWaitedFor) {
  EXPECT_THROW(Client(context_).PostText("/a", "body", "key"), Error);
}

}  // namespace
}  // namespace orrery::cli
