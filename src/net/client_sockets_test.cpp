#include "net/client_sockets.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/both_nets.hpp"
#include "net/talk.hpp"
#include "net/tls_net.hpp"

namespace net {
namespace {

Task<void> read_until(Stream& stream, std::size_t count, std::string& into) {
  std::string buffer(60'000, '\0');
  while (into.size() < count) {
    auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    into.append(buffer, 0, *got);
  }
}
Task<void> write(Stream& stream, std::string text, bool& done) {
  auto result = co_await stream.write(text);
  done = result.has_value();
}
Task<void> dial(Network& network, Endpoint endpoint, std::vector<StreamPtr>& out) {
  auto stream = co_await network.dial(std::move(endpoint));
  out.push_back(std::move(*stream));
}

// An owner that does what each test says and remembers what it was told_.
struct ClientSocketsTest : OnBothNets, ClientSockets::Owner {
  ClientSockets& sockets_ = net_->sockets();
  const Endpoint anywhere_{.path = {}, .host = "127.0.0.1", .port = 0};
  std::vector<std::unique_ptr<Stream>> clients_;
  std::map<std::uint32_t, int> numbers_;  // by tag
  std::map<std::uint32_t, std::vector<ClientSockets::Ready>> told_;
  std::map<std::uint32_t, std::string> heard_;
  std::function<void(std::uint32_t)> on_told_;
  int turns_ = 0;
  std::unique_ptr<Listener> listener_;
  Jobs jobs_;  // before what they use

  ~ClientSocketsTest() override {
    for (const auto& [tag, number] : numbers_) sockets_.remove(number);
  }

  void on_ready(std::uint32_t tag, ClientSockets::Ready ready) override {
    told_[tag].push_back(ready);
    if (on_told_) on_told_(tag);
  }
  void on_turn_end() override { ++turns_; }

  void connect(std::size_t count) {
    sockets_.set_owner(*this);
    auto opened = network_.listen(anywhere_, [this](Accepted one) {
      const auto tag = static_cast<std::uint32_t>(numbers_.size());
      numbers_[tag] = sockets_.add(std::move(one.socket), tag);
    });
    ASSERT_TRUE(opened.has_value());
    listener_ = std::move(*opened);
    Endpoint door = anywhere_;
    door.port = listener_->port();
    for (std::size_t i = 0; i < count; ++i) {
      jobs_.start(dial(network_, door, clients_));
      ASSERT_TRUE(run_until([&] { return numbers_.size() == i + 1 && clients_.size() == i + 1; }));
    }
  }
  bool settled(std::uint32_t tag) { return !told_[tag].empty() && told_[tag].front().writable; }
  Transfer send(std::uint32_t tag, std::string_view text) {
    const iovec part{const_cast<char*>(text.data()), text.size()};
    return sockets_.send(numbers_[tag], {&part, 1});
  }
  void drain(std::uint32_t tag) {
    std::string buffer(1000, '\0');
    for (;;) {
      const Transfer got = sockets_.receive(numbers_[tag], buffer);
      if (got.state != Transfer::State::done) break;
      heard_[tag].append(buffer, 0, got.bytes);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(BothNets, ClientSocketsTest, both_nets, name_of);
INSTANTIATE_TEST_SUITE_P(Tls, ClientSocketsTest, ::testing::Values(&make_net<TlsNet>));

TEST_P(ClientSocketsTest, ANewSocketIsReportedWritable) {
  connect(1);
  EXPECT_TRUE(run_until([&] { return settled(0); }));
  EXPECT_FALSE(told_[0].front().hung_up);
  EXPECT_GT(turns_, 0);
}

TEST_P(ClientSocketsTest, WhatAClientSaysIsReadableUntilItWouldBlock) {
  connect(2);
  on_told_ = [this](std::uint32_t tag) { drain(tag); };
  bool done = false;
  jobs_.start(write(*clients_[1], "hello from one", done));
  EXPECT_TRUE(run_until([&] { return heard_[1] == "hello from one"; }));
  EXPECT_EQ(heard_[0], "");
  std::string buffer(10, '\0');
  EXPECT_EQ(sockets_.receive(numbers_[1], buffer).state, Transfer::State::would_block);
}

TEST_P(ClientSocketsTest, SeveralPiecesLeaveInOneSend) {
  connect(1);
  ASSERT_TRUE(run_until([&] { return settled(0); }));
  std::string a = "one ", b = "two ", c = "three";
  const std::array<iovec, 3> parts{iovec{a.data(), a.size()}, iovec{b.data(), b.size()}, iovec{c.data(), c.size()}};
  std::string received;
  jobs_.start(read_until(*clients_[0], 13, received));
  std::size_t sent = sockets_.send(numbers_[0], parts).bytes;
  EXPECT_GT(sent, 0u);
  ASSERT_TRUE(run_until([&] { return received.size() == sent; }));
  EXPECT_EQ(received, std::string("one two three").substr(0, sent));
}

TEST_P(ClientSocketsTest, AfterASendThatWouldBlockWritableIsReportedOnceThereIsRoom) {
  connect(1);
  ASSERT_TRUE(run_until([&] { return settled(0); }));
  std::string text(100'000, 'x');
  std::size_t sent = 0;
  for (;;) {
    const Transfer went = send(0, text);
    sent += went.bytes;
    if (went.state == Transfer::State::would_block) break;
    ASSERT_EQ(went.state, Transfer::State::done);
    ASSERT_LT(sent, 100'000'000u);
  }
  EXPECT_GT(sent, 0u);
  told_[0].clear();
  std::string received;
  jobs_.start(read_until(*clients_[0], sent, received));
  EXPECT_TRUE(run_until([&] { return !told_[0].empty() && told_[0].back().writable && received.size() == sent; }));
  EXPECT_EQ(send(0, "more").state, Transfer::State::done);
}

TEST_P(ClientSocketsTest, AClientThatLeavesIsReportedAndEnds) {
  connect(1);
  bool done = false;
  jobs_.start(write(*clients_[0], "bye", done));
  ASSERT_TRUE(run_until([&] { return done; }));
  clients_[0].reset();
  ASSERT_TRUE(run_until([&] { return !told_[0].empty() && told_[0].back().hung_up; }));
  EXPECT_TRUE(told_[0].back().readable);
  drain(0);
  EXPECT_EQ(heard_[0], "bye");
  std::string buffer(10, '\0');
  EXPECT_EQ(sockets_.receive(numbers_[0], buffer).state, Transfer::State::end);
}

TEST_P(ClientSocketsTest, AHalfClosedSocketCanStillSpeak) {
  connect(1);
  ASSERT_TRUE(run_until([&] { return settled(0); }));
  std::string received;
  EXPECT_EQ(send(0, "farewell").bytes, 8u);
  sockets_.shutdown_write(numbers_[0]);
  jobs_.start(read_until(*clients_[0], 100, received));
  EXPECT_TRUE(run_until([&] { return jobs_.size() == 0 || received == "farewell"; }));
  bool done = false;
  jobs_.start(write(*clients_[0], "you too", done));
  on_told_ = [this](std::uint32_t tag) { drain(tag); };
  EXPECT_TRUE(run_until([&] { return heard_[0] == "you too"; }));
}

TEST_P(ClientSocketsTest, AnEchoThatOnlyGoesOnWhenToldLosesNothing) {
  connect(1);
  std::string waiting;
  on_told_ = [&](std::uint32_t tag) {
    drain(tag);
    waiting += std::exchange(heard_[tag], {});
    while (!waiting.empty()) {
      const Transfer went = send(tag, waiting);
      waiting.erase(0, went.bytes);
      if (went.state != Transfer::State::done) break;
    }
  };
  const std::string text = numbered(2'000'000);
  std::string received;
  bool done = false;
  jobs_.start(write(*clients_[0], text, done));
  jobs_.start(read_until(*clients_[0], text.size(), received));
  EXPECT_TRUE(run_until([&] { return received.size() == text.size(); }));
  EXPECT_TRUE(received == text);
  EXPECT_TRUE(done);
}

TEST_P(ClientSocketsTest, ARemovedSocketIsClosedAndReportedNoMore) {
  connect(8);
  bool removing = false;
  int after = 0;
  on_told_ = [&](std::uint32_t) {
    if (std::exchange(removing, true)) {
      ++after;
      return;
    }
    for (auto& [tag, number] : std::exchange(numbers_, {})) sockets_.remove(number);
  };
  bool done = false;
  for (auto& client : clients_) {
    jobs_.start(write(*client, "all at once", done));
  }
  std::string ignored;
  jobs_.start(read_until(*clients_[0], 1, ignored));
  bool ended = false;
  const Timer timer = loop_.after(std::chrono::milliseconds(50), [&] { ended = true; });
  EXPECT_TRUE(run_until([&] { return ended; }));
  EXPECT_TRUE(removing);
  EXPECT_EQ(after, 0);
  EXPECT_EQ(ignored, "");
}

Task<void> read_one(Stream& stream, std::optional<base::Result<std::size_t>>& into) {
  std::string buffer(100, '\0');
  auto got = co_await stream.read_some(buffer);
  into.emplace(std::move(got));
}

TEST_P(ClientSocketsTest, WhoseSocketIsResetKnowsThatItIsNoProperEnd) {
  connect(2);
  ASSERT_TRUE(run_until([&] { return settled(0) && settled(1); }));
  std::optional<base::Result<std::size_t>> ended, reset;
  jobs_.start(read_one(*clients_[0], ended));
  jobs_.start(read_one(*clients_[1], reset));
  sockets_.shutdown_write(numbers_[0]);
  sockets_.reset(numbers_[1]);
  numbers_.erase(1);
  ASSERT_TRUE(run_until([&] { return ended && reset; }));
  ASSERT_TRUE(ended->has_value());
  EXPECT_EQ(ended->value(), 0U);
  ASSERT_FALSE(reset->has_value());
  EXPECT_EQ(reset->error().fault, base::Fault::closed);
}

}  // namespace
}  // namespace net
