// What the contract suites of messages::Store stand on: two stores on one Redis, or one in memory, and their bus.
#pragma once

#include <gmock/gmock.h>

#include "bus/memory_bus.hpp"
#include "bus/redis_bus.hpp"
#include "contract/redis_world.hpp"
#include "messages/memory_store.hpp"
#include "messages/redis_store.hpp"

namespace contract {

inline const std::string channel = "app:chat";

inline std::vector<std::string> data_of(const messages::Page& page) {
  std::vector<std::string> data;
  for (const messages::Message& item : page.items) data.push_back(item.data);
  return data;
}

class MessageStoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
    if (GetParam() == Kind::memory) {
      bus_ = std::make_unique<bus::MemoryBus>(world_.loop());
      one_ = std::make_unique<messages::MemoryStore>(world_.loop(), *bus_);
      return;
    }
    bus_ = std::make_unique<bus::RedisBus>(world_.network(), world_.address(),
                                           bus::RedisBus::Settings{.prefix = world_.prefix()});
    client_ = std::make_unique<redis::Client>(world_.network(), world_.address());
    other_client_ = std::make_unique<redis::Client>(world_.network(), world_.address());
    ASSERT_TRUE(connected());
    one_ = std::make_unique<messages::RedisStore>(world_.loop(), *client_, world_.prefix());
    two_ = std::make_unique<messages::RedisStore>(world_.loop(), *other_client_, world_.prefix());
  }
  bool connected() {
    return world_.run_until([&] { return client_->connected() && other_client_->connected(); });
  }

  messages::Publication publication(std::string data, std::string once = {}) {
    messages::Publication made{.channel = channel, .from = "alice", .data = std::move(data), .limits = limits_};
    made.once = once.empty() ? "call " + std::to_string(++calls_) : std::move(once);
    return made;
  }
  messages::Published publish(messages::Publication made) {
    return world_.await(one_->publish(std::move(made))).value();
  }
  messages::Position publish(const std::string& data) { return publish(publication(data)).position; }
  messages::Position publish(int from, int to) {
    messages::Position last;
    for (int each = from; each <= to; ++each) last = publish(std::to_string(each));
    return last;
  }
  messages::Page read(messages::Range range = {}) { return world_.await(one_->read(channel, range, limits_)).value(); }
  messages::Recovery recover(const messages::Position& asked) { return messages::recover(read().state, asked); }

  RedisWorld world_{GetParam()};
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<redis::Client> client_, other_client_;
  std::unique_ptr<messages::Store> one_, two_;
  messages::Limits limits_;

 private:
  int calls_ = 0;
};

}  // namespace contract
