#include "app/tls_door.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "metrics/registry.hpp"
#include "net/asio_loop.hpp"
#include "net/test_certificates.hpp"

namespace app {
namespace {

using std::chrono::hours;

struct TlsDoorTest : testing::Test {
  net::TestCertificates certificates_;
  net::TlsFiles files_ = certificates_.issue("server", "DNS:a", hours(1000));
  net::AsioLoop loop_;
  metrics::Registry registry_;
  TlsDoor door_{loop_, files_, registry_};

  // As the gauge has it.
  hours expires_in() {
    const std::string name = "\ndockcast_tls_certificate_expiry_seconds ", text = registry_.expose();
    const auto at = std::chrono::seconds(std::stoll(text.substr(text.find(name) + name.size())));
    return std::chrono::round<hours>(at - loop_.wall_now().time_since_epoch());
  }
  bool comes_to(hours wanted) {
    return loop_.run_until([&] { return expires_in() == wanted; }, std::chrono::seconds(20));
  }
};

TEST_F(TlsDoorTest, SaysWhyItCannotOpen) {
  std::ofstream(files_.key) << "nothing";
  const auto opened = door_.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::StartsWith(files_.key));
}

TEST_F(TlsDoorTest, ReadsItsFilesAgainWhenTheyHaveChanged) {
  ASSERT_TRUE(door_.open());
  EXPECT_EQ(expires_in(), hours(1000));
  certificates_.issue("server", "DNS:a", hours(2000));
  EXPECT_TRUE(comes_to(hours(2000)));
}

TEST_F(TlsDoorTest, KeepsWhatItHasWhereAPairIsBad) {
  ASSERT_TRUE(door_.open());
  std::ofstream(files_.certificate) << "nothing";
  door_.reload();
  EXPECT_EQ(expires_in(), hours(1000));
  certificates_.issue("server", "DNS:a", hours(3000));
  door_.reload();
  EXPECT_EQ(expires_in(), hours(3000));
}

}  // namespace
}  // namespace app
