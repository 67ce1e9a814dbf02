// Application channels through what happens to a real Redis: restarts, promotions, an empty or a full one, an account
// that may not ask what the scripts must know.
#include <gmock/gmock.h>

#include "integration/redis_member.hpp"
#include "messages/redis_store.hpp"

namespace integration {
namespace {

using namespace std::chrono_literals;
using base::Fault;
using messages::Page;
using messages::Position;
using messages::Published;
using messages::Recovery;
using messages::RedisStore;
using messages::State;
using testing::ElementsAre;
using testing::IsEmpty;

class RedisMessages : public RedisMember {
 protected:
  void open() { store_ = std::make_unique<RedisStore>(net_.loop(), *client_); }
  void start_and_open(const std::vector<std::string>& options = {}) {
    start_and_join(options);
    open();
  }
  base::Result<Published> try_publish(std::string once) {
    messages::Publication publication{.channel = "app:a", .from = "alice", .once = once, .data = std::move(once)};
    return run(store_->publish(std::move(publication)));
  }
  Published publish(int number) { return try_publish(std::to_string(number)).value(); }
  Position publish(int from, int to) {
    Position last;
    for (int each = from; each <= to; ++each) last = publish(each).position;
    return last;
  }
  Page read() { return run(store_->read("app:a", {.after = 0}, {})).value(); }
  Recovery recover(const Position& asked) { return messages::recover(read().state, asked); }

  std::unique_ptr<RedisStore> store_;
};

TEST_F(RedisMessages, ARestartThatKeepsWhatWasSaidCostsNobodyAnything) {
  const std::vector<std::string> lasting = {"--appendonly", "yes", "--appendfsync", "always"};
  start_and_open(lasting);
  const Position before = publish(1, 5);
  redis_.kill();
  ASSERT_TRUE(down());
  EXPECT_EQ(try_publish("while it is away").error().fault, Fault::unavailable);
  redis_.start(lasting);
  ASSERT_TRUE(connected());
  EXPECT_EQ(recover(before).kind, Recovery::Kind::full);
  const Published after = publish(6);
  EXPECT_NE(after.position.epoch, before.epoch);
  EXPECT_EQ(after.position.offset, 6u);
  EXPECT_THAT(read().state.past, ElementsAre(State::Past{before.epoch, 5}));
  EXPECT_EQ(read().items.size(), 6u);
}

TEST_F(RedisMessages, ARestartOrAFlushThatLosesEverythingIsAnotherEpochWithoutAPast) {
  start_and_open();
  const Position before = publish(1, 5);
  redis_.kill();
  ASSERT_TRUE(down());
  redis_.start();
  ASSERT_TRUE(connected());
  EXPECT_EQ(recover(before).kind, Recovery::Kind::none);
  const Position restarted = publish(1, 6);
  EXPECT_NE(restarted.epoch, before.epoch);
  EXPECT_EQ(recover(before).kind, Recovery::Kind::none) << "though there are as many again";

  ASSERT_TRUE(command("FLUSHALL"));
  EXPECT_EQ(recover(restarted).kind, Recovery::Kind::none);
  EXPECT_THAT(read().state.past, IsEmpty());
  EXPECT_NE(publish(1).position.epoch, restarted.epoch);
}

// A master and a replica, each of which may become the other.
class RedisMessagesReplicated : public RedisMessages {
 protected:
  void SetUp() override {
    RedisMessages::SetUp();
    if (IsSkipped()) return;
    const auto ports = free_ports(2);
    port_ = std::to_string(ports[0]), other_port_ = std::to_string(ports[1]);
    start_and_open({"--bind", "127.0.0.1", "--port", port_});
  }
  void replicate() {
    other_.start({"--bind", "127.0.0.1", "--port", other_port_, "--replicaof", "127.0.0.1", port_});
    wait_for_replica();
  }
  void wait_for_replica() {
    while (command("WAIT", "1", "100").value().integer < 1) ASSERT_TRUE(connected());
  }
  // Of whatever state that server is in, which a client of ours would refuse.
  void tell(const RealRedis& server, const std::string& line) {
    ASSERT_TRUE(run(say(net_.network(), server.endpoint(), line + "\r\n")));
  }
  void move_to(const RealRedis& server) {
    store_.reset();
    address_.endpoint = server.endpoint();
    join();
    ASSERT_TRUE(connected());
    open();
  }

  RealRedis other_;
  std::string port_, other_port_;
};

TEST_F(RedisMessagesReplicated, APromotionThatLosesMessagesIsTold) {
  const Position alone = publish(1, 3);
  replicate();
  const Position both = publish(4, 5);  // the first replica is another data set, too: nobody loses anything by it
  EXPECT_EQ(recover(alone).kind, Recovery::Kind::full);
  wait_for_replica();
  tell(other_, "REPLICAOF NO ONE");
  const Position lost = publish(6, 8);
  redis_.kill();
  move_to(other_);

  const Page page = read();
  EXPECT_EQ(page.state.top.offset, 5u);
  EXPECT_NE(page.state.top.epoch, both.epoch);
  EXPECT_THAT(page.state.past, ElementsAre(State::Past{both.epoch, 5}, State::Past{alone.epoch, 3}));
  EXPECT_EQ(recover(both).kind, Recovery::Kind::full);
  const Recovery recovery = recover(lost);
  EXPECT_EQ(recovery.kind, Recovery::Kind::partial);
  EXPECT_EQ(recovery.reason, "failover");
  EXPECT_EQ(recovery.from, lost);
  EXPECT_EQ(recovery.to, page.state.top);

  const Published again = publish(8);
  EXPECT_FALSE(again.duplicate) << "it was lost";
  EXPECT_EQ(again.position, (Position{page.state.top.epoch, 6}));
  EXPECT_TRUE(publish(5).duplicate) << "it was not";
}

TEST_F(RedisMessagesReplicated, AMasterThatComesBackIsAnotherDataSetThoughItIsTheSameProcess) {
  replicate();
  const Position first = publish(1, 3);
  wait_for_replica();
  tell(other_, "REPLICAOF NO ONE");
  tell(redis_, "REPLICAOF 127.0.0.1 " + other_port_);
  move_to(other_);
  const Position second = publish(4, 6);
  wait_for_replica();
  tell(redis_, "REPLICAOF NO ONE");
  publish(7);  // which it does not hear of
  move_to(redis_);
  const Published third = publish(8);
  EXPECT_EQ(third.position.offset, 7u);
  EXPECT_THAT(read().state.past, ElementsAre(State::Past{second.epoch, 6}, State::Past{first.epoch, 3}));
  EXPECT_EQ(recover({second.epoch, 7}).reason, "failover");
}

TEST_F(RedisMessages, AFullMemoryRefusesAMessageWholeAndSaysSo) {
  start_and_open();
  publish(1, 3);
  ASSERT_TRUE(command("CONFIG", "SET", "maxmemory", "1"));
  EXPECT_EQ(try_publish("4").error().fault, Fault::unavailable);
  EXPECT_EQ(read().items.size(), 3u);
  ASSERT_TRUE(command("CONFIG", "SET", "maxmemory", "0"));
  EXPECT_EQ(publish(4).position.offset, 4u);
}

TEST_F(RedisMessages, AnAccountThatMayNotAskInfoIsToldWhatItLacks) {
  redis_.start({"--user", "we", "on", ">p", "~dockcast:*", "&dockcast:*", "+@all", "-@dangerous"});
  address_.user = "we";
  address_.password = "p";
  join();
  ASSERT_TRUE(connected());
  open();
  const base::Error error = try_publish("1").error();
  EXPECT_EQ(error.fault, Fault::forbidden);
  EXPECT_NE(error.message.find("docs/redis.md"), std::string::npos) << error.message;
}

TEST_F(RedisMessages, ForgottenScriptsAreSentAgain) {
  start_and_open();
  publish(1);
  ASSERT_TRUE(command("SCRIPT", "FLUSH"));
  EXPECT_EQ(publish(2).position.offset, 2u);
  ASSERT_TRUE(command("SCRIPT", "FLUSH"));
  EXPECT_EQ(read().items.size(), 2u);
}

}  // namespace
}  // namespace integration
