// Application channels on the simulated Redis, through what it can do to them and the shared contract cannot ask for.
#include <gmock/gmock.h>

#include "contract/message_store_fixture.hpp"

namespace sim {
namespace {

using base::Fault;
using contract::Kind;
using messages::Page;
using messages::Position;
using messages::Recovery;
using messages::State;
using testing::ElementsAre;
using testing::IsEmpty;

class MessagesOnSimRedis : public contract::MessageStoreContract {
 protected:
  bool back() {  // both clients were cut, and are there again
    return world_.run_until([&] { return !client_->connected(); }) && connected();
  }
};

TEST_P(MessagesOnSimRedis, AFailoverLosesMessagesAndOpensAnEpoch) {
  const Position before = publish(1, 5);
  world_.simulated().fork();
  const Position lost = publish(6, 8);
  world_.simulated().fail_over();
  ASSERT_TRUE(back());
  const Page page = read();
  EXPECT_THAT(page.state.past, ElementsAre(State::Past{before.epoch, 5}));
  EXPECT_EQ(page.items.size(), 5u);
  const Recovery recovery = recover(lost);
  EXPECT_EQ(recovery.reason, "failover");
  EXPECT_EQ(recovery.to, (Position{page.state.top.epoch, 5}));
  EXPECT_EQ(publish("9"), (Position{page.state.top.epoch, 6}));
}

TEST_P(MessagesOnSimRedis, ARestartOrAFlushOpensAnEpochWithoutAPast) {
  const Position before = publish(1, 5);
  world_.simulated().kill();
  ASSERT_TRUE(world_.run_until([&] { return !client_->connected(); }));
  EXPECT_EQ(world_.await(one_->publish(publication("6"))).error().fault, Fault::unavailable);
  world_.simulated().start();
  ASSERT_TRUE(connected());
  const Position restarted = publish(1, 7);
  EXPECT_NE(restarted.epoch, before.epoch);
  world_.simulated().flush();
  const Page page = read();
  EXPECT_NE(page.state.top.epoch, restarted.epoch);
  EXPECT_THAT(page.state.past, IsEmpty());
  EXPECT_EQ(recover(restarted).kind, Recovery::Kind::none);
}

TEST_P(MessagesOnSimRedis, AnAnswerThatIsLostIsToldWhenItIsAskedForAgain) {
  messages::Publication asked = publication("1", "id");
  asked.call = "a";
  publish("0");  // the script is known, and the next command is all there is
  std::optional<base::Result<messages::Published>> outcome;
  const net::Job job(contract::keep(one_->publish(asked), outcome));
  world_.simulated().stall();
  ASSERT_TRUE(world_.run_until([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->error().fault, Fault::timed_out);
  world_.simulated().resume();  // it carries out what it was sent before
  ASSERT_TRUE(connected());
  const messages::Published again = publish(asked);
  EXPECT_FALSE(again.duplicate);
  EXPECT_EQ(again.position.offset, 2u);
  EXPECT_EQ(read().items.size(), 2u);
}

TEST_P(MessagesOnSimRedis, WithoutInfoNothingIsPublishedAndItIsSaid) {
  world_.simulated().forbid_info(true);
  const auto refused = world_.await(one_->publish(publication("1")));
  EXPECT_EQ(refused.error().fault, Fault::forbidden);
  EXPECT_NE(refused.error().message.find("+info"), std::string::npos) << refused.error().message;
  world_.simulated().forbid_info(false);
  EXPECT_EQ(publish("1").offset, 1u);
}

TEST_P(MessagesOnSimRedis, ForgottenScriptsAreSentAgain) {
  publish("1");
  world_.simulated().forget_scripts();
  EXPECT_EQ(publish("2").offset, 2u);
  world_.simulated().forget_scripts();
  EXPECT_EQ(read().items.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(, MessagesOnSimRedis, ::testing::Values(Kind::simulated), contract::name_of);

}  // namespace
}  // namespace sim
