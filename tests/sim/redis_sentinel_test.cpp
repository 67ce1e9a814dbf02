// redis::Client led by sentinels, good and bad.
#include <gtest/gtest.h>

#include "contract/redis_world.hpp"
#include "redis/client.hpp"

namespace sim {
namespace {

// What a sentinel answers, and what a Redis does; who neither answers nor ends is `silent`.
struct Scripted {
  Scripted(net::Network& network, std::string script) : text(std::move(script)) {
    auto opened =
        network.listen({.path = {}, .host = "127.0.0.1", .port = 0}, [this, &network](net::Accepted accepted) {
          ++asked;
          streams.push_back(network.adopt(std::move(accepted.socket)));
          answers.emplace_back(answer(*streams.back()));
        });
    CHECK(opened);
    listener = std::move(*opened);
  }
  net::Task<void> answer(net::Stream& stream) {
    std::array<char, 1024> question;
    const auto got = co_await stream.read_some(question);
    if (got && *got > 0 && !text.empty()) co_await stream.write(text);
  }
  net::Endpoint endpoint() const { return {.path = {}, .host = "127.0.0.1", .port = listener->port()}; }

  std::string text;
  int asked = 0;
  std::vector<std::unique_ptr<net::Stream>> streams;
  std::vector<net::Job> answers;
  std::unique_ptr<net::Listener> listener;
};

class RedisSentinel : public ::testing::Test {
 protected:
  static std::string names(std::uint16_t port) {
    const std::string text = std::to_string(port);
    return "*2\r\n$9\r\n127.0.0.1\r\n$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  void join_by(std::initializer_list<const Scripted*> sentinels) {
    redis::Address address;
    address.master = "main";
    for (const Scripted* sentinel : sentinels) address.sentinels.push_back(sentinel->endpoint());
    client_ = std::make_unique<redis::Client>(world_.network(), address);
  }
  bool connected() {
    return world_.run_until([&] { return client_->connected(); });
  }

  contract::RedisWorld world_{contract::Kind::simulated};
  SimRedis& redis_ = world_.simulated();
  std::unique_ptr<redis::Client> client_;
};

TEST_F(RedisSentinel, OnesThatAreSilentStrangeOrIgnorantArePassedOverAndAskedLastFromThenOn) {
  const Scripted silent(world_.network(), ""), strange(world_.network(), "+what\r\n"),
      ignorant(world_.network(), "*-1\r\n"), knows(world_.network(), names(redis_.port()));
  join_by({&silent, &strange, &ignorant, &knows});
  ASSERT_TRUE(connected());
  EXPECT_EQ(silent.asked, 1);
  redis_.fail_over();
  ASSERT_TRUE(world_.run_until([&] { return !client_->connected(); }));
  ASSERT_TRUE(connected());
  EXPECT_EQ(silent.asked, 1);
  EXPECT_EQ(knows.asked, 2);
}

TEST_F(RedisSentinel, OneThatLeadsToNobodyWhoServesIsDoubted) {
  const Scripted stopped(world_.network(), ""), stale(world_.network(), names(stopped.endpoint().port)),
      knows(world_.network(), names(redis_.port()));
  join_by({&stale, &knows});
  ASSERT_TRUE(connected());
  EXPECT_EQ(stopped.asked, 1);
}

TEST_F(RedisSentinel, WhatNoneOfThemKnowsIsSaid) {
  const Scripted ignorant(world_.network(), "*-1\r\n");
  join_by({&ignorant});
  EXPECT_TRUE(world_.run_until([&] { return client_->reason().find("it knows no master main") != std::string::npos; }));
}

}  // namespace
}  // namespace sim
