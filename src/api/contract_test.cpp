// What protocol/ says about this server is what it does: numbers here, shapes in tests/e2e/contract.py.
#include "api/contract.hpp"

#include <gtest/gtest.h>

#include "api/settings.hpp"

namespace api {
namespace {

std::size_t seconds(net::Duration duration) {
  return static_cast<std::size_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

TEST(Contract, HasTheBoundsAndDeadlinesOfTheServer) {
  const ServerSettings settings;
  EXPECT_EQ(settings.message_bytes_max, limit::message_bytes);
  EXPECT_EQ(settings.subscriptions_max, limit::subscriptions);
  EXPECT_EQ(settings.connections_max, limit::connections);
  EXPECT_EQ(settings.backlog_bytes_max, limit::backlog_bytes);
  EXPECT_EQ(settings.request.head_bytes_max, limit::head_bytes);
  EXPECT_EQ(settings.request.headers_max, limit::headers);
  EXPECT_EQ(settings.request.target_bytes_max, limit::target_bytes);
  EXPECT_EQ(settings.request.body_bytes_max, limit::body_bytes);
  EXPECT_EQ(seconds(settings.request_timeout), limit::request_seconds);
  EXPECT_EQ(seconds(settings.idle_timeout), limit::idle_seconds);
  EXPECT_EQ(seconds(settings.credentials_timeout), limit::credentials_seconds);
  EXPECT_EQ(seconds(settings.message_timeout), limit::message_seconds);
  EXPECT_EQ(seconds(settings.ping_interval), limit::ping_seconds);
  EXPECT_EQ(seconds(settings.pong_timeout), limit::pong_seconds);
  EXPECT_EQ(seconds(settings.heartbeat_interval), limit::heartbeat_seconds);
  EXPECT_EQ(seconds(settings.progress_timeout), limit::progress_seconds);
}

}  // namespace
}  // namespace api
