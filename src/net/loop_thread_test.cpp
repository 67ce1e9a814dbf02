#include "net/loop_thread.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <vector>

#include "net/asio_network.hpp"
#include "net/balancer.hpp"
#include "net/stop_signals.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

TEST(LoopThread, RunsWhatItIsGivenOnItsOwnThreadUntilItsEnd) {
  std::thread::id first, second;
  std::atomic<int> ran = 0;
  {
    LoopThread thread("loop under test, a long name");
    thread.start();
    thread.call([&] { first = std::this_thread::get_id(); });
    thread.call([&] { second = std::this_thread::get_id(); });
    for (int i = 0; i < 1000; ++i) thread.loop().post([&] { ++ran; });
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
  EXPECT_EQ(ran, 1000);
}

TEST(StopSignals, AreToldOnTheLoop) {
  AsioLoop loop;
  std::vector<int> told;
  const auto signals = on_signals(loop, [&](int number) { told.push_back(number); });
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(loop.run_until([&] { return told.size() == 1; }, 20s));
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(loop.run_until([&] { return told.size() == 2; }, 20s));
  EXPECT_EQ(told, (std::vector{SIGTERM, SIGHUP}));
}

Task<void> dial_and_keep(Network& network, Endpoint endpoint, std::vector<std::unique_ptr<Stream>>& out) {
  auto stream = co_await network.dial(std::move(endpoint));
  out.push_back(std::move(*stream));
}

TEST(Balancer, GivesEachSocketToTheLoopThatHasTheFewest) {
  AsioLoop control;
  AsioNetwork network(control);
  std::size_t taken = 0;  // counted on the control loop
  LoopThread one("one"), two("two");
  one.start();
  two.start();
  std::vector<Accepted> at_one, at_two;
  const auto seat_one = std::make_shared<Seat>(one.loop(), [&](Accepted accepted) {
    at_one.push_back(std::move(accepted));
    control.post([&taken] { ++taken; });
  });
  const auto seat_two = std::make_shared<Seat>(two.loop(), [&](Accepted accepted) {
    at_two.push_back(std::move(accepted));
    control.post([&taken] { ++taken; });
  });
  auto listener = network.listen({.path = {}, .host = "127.0.0.1", .port = 0}, Balancer({seat_one, seat_two}));
  ASSERT_TRUE(listener.has_value());
  std::vector<std::unique_ptr<Stream>> clients;
  Jobs jobs;
  const auto connect = [&](std::size_t count) {
    const std::size_t all = taken + count;
    for (std::size_t i = 0; i < count; ++i) {
      jobs.start(dial_and_keep(network, {.path = {}, .host = "127.0.0.1", .port = (*listener)->port()}, clients));
    }
    EXPECT_TRUE(control.run_until([&] { return taken == all && clients.size() == all; }, 20s));
  };
  connect(20);
  EXPECT_EQ(seat_one->load(), 10u);
  EXPECT_EQ(seat_two->load(), 10u);
  for (int i = 0; i < 4; ++i) seat_two->left();
  connect(8);
  EXPECT_EQ(seat_one->load(), 12u);
  EXPECT_EQ(seat_two->load(), 12u);
  one.call([&] { EXPECT_EQ(at_one.size(), 12u); });
  two.call([&] { EXPECT_EQ(at_two.size(), 16u); });
}

}  // namespace
}  // namespace net
