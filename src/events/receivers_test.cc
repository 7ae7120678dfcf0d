#include "events/receivers.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/fake_network.h"

namespace orrery::events {
namespace {

std::string Refusal(const Receivers& receivers, const std::string& url, Network& network) {
  try {
    receivers.Check(url, network);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.field(), "url") << url;
    return error.what();
  }
}

TEST(ReceiverUrls, AreTakenApart) {
  const ReceiverUrl url = ReceiverUrl::Parse("https://hooks.example:8443/a/?team=b/c");
  EXPECT_EQ(url.origin.host, "hooks.example");
  EXPECT_EQ(url.origin.port, 8443);
  EXPECT_TRUE(url.origin.tls);
  EXPECT_EQ(url.target, "/a/?team=b/c");
  EXPECT_EQ(ReceiverUrl::Parse("https://h").target, "/");
  EXPECT_EQ(ReceiverUrl::Parse("https://h?x=1").target, "/?x=1");
  for (const std::string& text :
       {std::string(), std::string("h/p"), std::string("ftp://h/"), std::string("file:///etc/passwd"),
        std::string("https://"), std::string("https:///p"), std::string("https://u:p@h/"),
        std::string("https://h/#f"), std::string("https://h/a b"), std::string("https://h/\r\nX: y"),
        std::string("https://h:0/"), "https://h/" + std::string(2048, 'x')}) {
    EXPECT_THROW(ReceiverUrl::Parse(text), Error) << text;
  }
}

TEST(Receivers, AreByDefaultPublicAndReachedByTls) {
  FakeNetwork network;
  network.SetAddresses("public.example", {"8.8.8.8", "2606:4700::1"});
  network.SetAddresses("inside.example", {"10.0.0.7"});
  network.SetAddresses("both.example", {"8.8.8.8", "192.168.0.1"});
  network.SetAddresses("localhost", {"::1", "127.0.0.1"});
  const Receivers receivers;
  EXPECT_EQ(Refusal(receivers, "https://public.example/x", network), "");
  for (const char* url :
       {"http://public.example/x", "https://inside.example/", "https://both.example/", "https://localhost/",
        "http://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/",
        "https://10.0.0.1/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/"}) {
    EXPECT_NE(Refusal(receivers, url, network), "") << url;
  }
}

TEST(Receivers, MayBeOnThisMachineOrListedByTheOperator) {
  FakeNetwork network;
  network.SetAddresses("inside.example", {"10.0.0.7"});
  const Receivers receivers{.loopback = true, .hosts = {"inside.example"}};
  EXPECT_EQ(Refusal(receivers, "http://127.0.0.1:9000/hook", network), "");
  EXPECT_EQ(Refusal(receivers, "http://inside.example/hook", network), "");
  EXPECT_NE(Refusal(receivers, "http://10.0.0.7/hook", network), "");
  EXPECT_NE(Refusal(receivers, "http://8.8.8.8/hook", network), "");
}

TEST(Receivers, SpellingsOfAnAddressAreSeenThrough) {
  PosixNetwork network;  // numbers alone: nobody is asked
  for (const char* url :
       {"https://0x7f000001/", "https://2130706433/", "https://127.1/", "https://0177.0.0.1/"}) {
    EXPECT_NE(Refusal({}, url, network), "") << url;
  }
}

}  // namespace
}  // namespace orrery::events
