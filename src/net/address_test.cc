#include "net/address.h"

#include <gtest/gtest.h>

namespace orrery::net {
namespace {

TEST(Addresses, LeadWhereTheirRangesSay) {
  const std::pair<Reach, std::vector<const char*>> cases[] = {
      {Reach::kLoopback, {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}},
      {Reach::kPrivate,
       {"10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.168.1.1", "fd00::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1",
        "2002:a00:1::", "fd00:ec2::254"}},
      {Reach::kPublic,
       {"8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
        "126.255.255.255", "128.0.0.0", "223.255.255.255", "2606:4700::1", "::ffff:8.8.8.8",
        "2002:808:808::"}},
      {Reach::kNone,
       {"", "x", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9",
        "::", "ff02::1", "2001:db8::1", "localhost", "0x7f000001", "127.1", "1.2.3.4.5"}},
  };
  for (const auto& [reach, addresses] : cases) {
    for (const char* address : addresses) EXPECT_EQ(ReachOf(address), reach) << address;
  }
}

}  // namespace
}  // namespace orrery::net
