#include "api/health.hpp"

#include <gmock/gmock.h>

namespace api {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HealthTest : public ::testing::Test {
 protected:
  HealthTest() {
    vitals_.now = net::Instant{} + 1h;
    vitals_.facts.at = vitals_.now;
    vitals_.facts.bus = bus::State::connected;
    vitals_.facts.bus_connected = vitals_.facts.engine_answers = vitals_.facts.engine_answered = true;
    vitals_.facts.canary_age = 120ms;
  }
  void expect_ready(int status, const std::string& word) {
    EXPECT_EQ(health_ready(vitals_).status, status);
    EXPECT_THAT(health_ready(vitals_).body, HasSubstr("\"status\":\"" + word + "\""));
  }
  void expect_websocket(int status, const std::string& word) {
    EXPECT_EQ(health_websocket(vitals_).status, status);
    EXPECT_THAT(health_websocket(vitals_).body, HasSubstr("\"status\":\"" + word + "\""));
  }

  Vitals vitals_;
};

TEST_F(HealthTest, IsReadyAndHealthyAndSaysHowOldTheCanaryIs) {
  expect_ready(200, "ready");
  expect_websocket(200, "healthy");
  EXPECT_THAT(health_websocket(vitals_).body, HasSubstr("\"canary_age_ms\":120"));
}

TEST_F(HealthTest, AFaultThatAllShareIsDegradedAndStaysReady) {
  vitals_.facts.bus = bus::State::down;
  vitals_.facts.bus_reason = "refused";
  vitals_.facts.canary_age.reset();
  expect_ready(200, "degraded");
  expect_websocket(200, "degraded");
  EXPECT_THAT(health_websocket(vitals_).body, ::testing::Not(HasSubstr("canary_age_ms")));
  vitals_.facts.bus = bus::State::connected;
  vitals_.facts.engine_answers = false;
  expect_ready(200, "degraded");
  expect_websocket(200, "degraded");
}

TEST_F(HealthTest, ACanaryThatIsDeadWhileRedisAnswersIsItsOwnFault) {
  vitals_.facts.bus = bus::State::down;
  vitals_.facts.canary_age.reset();
  vitals_.facts.deaf_in_a_row = deaf_in_a_row_max - 1;
  expect_ready(200, "degraded");
  // Whether the subscription stands at this moment says nothing.
  for (const bus::State state : {bus::State::down, bus::State::connected}) {
    vitals_.facts.bus = state;
    vitals_.facts.deaf_in_a_row = deaf_in_a_row_max;
    expect_ready(503, "unready");
    expect_websocket(503, "unhealthy");
  }
  EXPECT_EQ(health_websocket(vitals_, true).status, 200) << "where only the status is looked at";
  EXPECT_EQ(health_websocket(vitals_, true).body, health_websocket(vitals_).body);
  vitals_.facts.deaf_in_a_row = 0;
  vitals_.facts.bus = bus::State::connected;
  expect_ready(200, "ready");
  expect_websocket(200, "healthy");
}

}  // namespace
}  // namespace api
