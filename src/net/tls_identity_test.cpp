#include "net/tls_identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "net/asio_loop.hpp"
#include "net/test_certificates.hpp"

namespace net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string mistake(const TlsFiles& files) {
  const auto identity = load_tls_identity(files);
  return identity ? "" : identity.error().message;
}

TEST(TlsIdentity, KnowsWhenItExpires) {
  TestCertificates certificates;
  const AsioLoop loop;
  const auto identity = load_tls_identity(certificates.issue("a", "DNS:a", std::chrono::hours(100)));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_GT(identity->expires, loop.wall_now() + std::chrono::hours(99));
  EXPECT_LE(identity->expires, loop.wall_now() + std::chrono::hours(100));
}

TEST(TlsIdentity, EveryMistakeNamesItsFile) {
  TestCertificates certificates;
  const TlsFiles a = certificates.issue("a", "DNS:a"), b = certificates.issue("b", "DNS:b");
  const std::string broken = certificates.folder() + "/broken", gone = certificates.folder() + "/gone";
  std::ofstream(broken) << "-----BEGIN CERTIFICATE-----\n?\n";
  EXPECT_EQ(mistake({gone, a.key}), gone + " cannot be read: No such file or directory.");
  EXPECT_EQ(mistake({a.certificate, gone}), gone + " cannot be read: No such file or directory.");
  EXPECT_THAT(mistake({broken, a.key}), StartsWith(broken + " holds no certificate"));
  EXPECT_THAT(mistake({a.certificate, broken}), StartsWith(broken + " holds no private key"));
  EXPECT_EQ(mistake({a.certificate, b.key}), b.key + " is not the key of the certificate in " + a.certificate + ".");
  EXPECT_THAT(mistake({certificates.folder(), a.key}), StartsWith(certificates.folder()));
}

TEST(TicketKeys, TheOneBeforeIsStillKnownAndThoseBeforeItAreNot) {
  AsioLoop loop;
  TicketKeys keys(loop);
  const TicketKeys::Key first = keys.current();
  TicketKeys::Key found{};
  EXPECT_EQ(keys.find(first.name.data(), found), TicketKeys::Found::current);
  keys.rotate();
  EXPECT_NE(keys.current().name, first.name);
  EXPECT_EQ(keys.find(first.name.data(), found), TicketKeys::Found::previous);
  EXPECT_EQ(found.cipher, first.cipher);
  keys.rotate();
  EXPECT_EQ(keys.find(first.name.data(), found), TicketKeys::Found::none);
}

}  // namespace
}  // namespace net
