#include "messages/mail.hpp"

#include <gtest/gtest.h>

#include "bus/memory_bus.hpp"
#include "net/sim_host.hpp"
#include "net/sim_world.hpp"
#include "net/task.hpp"

namespace messages {
namespace {

using namespace std::chrono_literals;

// Several instances on one bus that reaches them all, as Redis does.
class MailTest : public testing::Test {
 protected:
  struct Office {
    Office(MailTest& test, const std::string& name)
        : mail(test.loop_, test.bus_, name,
               {[this, &test](const Letter& letter, Mail::OnReached on_reached) {
                  got.push_back((letter.to_subject ? "user " : "session ") + letter.to + " " + letter.data);
                  if (test.silent_) return;
                  test.loop_.post([on_reached = std::move(on_reached), n = reaches]() mutable { on_reached(n); });
                },
                [name](std::string_view question) { return name + " says " + std::string(question); }}) {}
    std::vector<std::string> got;
    std::uint64_t reaches = 1;
    Mail mail;
  };
  net::Task<void> send_one(Office& by, Letter letter) {
    answer_.reset();
    answer_.emplace(co_await by.mail.send(std::move(letter)));
  }
  base::Result<std::uint64_t> send(Office& by, Letter letter) {
    job_ = net::Job(send_one(by, std::move(letter)));
    EXPECT_TRUE(world_.run_until([this] { return answer_.has_value(); }, 10s));
    return *std::exchange(answer_, {});
  }

  net::SimWorld world_{1};
  net::SimLoop& loop_ = world_.host("a").make_loop();
  bus::MemoryBus bus_{loop_};
  bool silent_ = false;
  std::optional<base::Result<std::uint64_t>> answer_;
  net::Job job_;
};

TEST_F(MailTest, ALetterToASessionGoesToItsInstanceAlone) {
  Office a(*this, "web-1-00ff"), b(*this, "web-2-00ff");
  world_.run_for(1s);
  EXPECT_EQ(send(a, {false, "web-2-00ff-1536", "7"}).value(), 1u);
  EXPECT_TRUE(a.got.empty());
  EXPECT_EQ(b.got, std::vector<std::string>{"session web-2-00ff-1536 7"});
  b.reaches = 0;
  EXPECT_EQ(send(a, {false, "web-2-00ff-1", "7"}).value(), 0u) << "it is gone";
  EXPECT_EQ(send(a, {false, "web-3-00ff-1536", "7"}).value(), 0u) << "nobody hears";
  EXPECT_EQ(send(a, {false, "nonsense", "7"}).value(), 0u);
}

TEST_F(MailTest, WhoDoesNotAnswerIsNotWaitedForLong) {
  Office a(*this, "web-1-00ff");
  world_.run_for(1s);
  silent_ = true;
  const net::Instant asked = loop_.now();
  EXPECT_EQ(send(a, {false, "web-1-00ff-1", "7"}).error().fault, base::Fault::unavailable);
  EXPECT_LE(loop_.now() - asked, 2s);
}

TEST_F(MailTest, ALetterToASubjectIsDeliveredWhereItIs) {
  Office a(*this, "web-1-00ff");
  a.reaches = 3;
  world_.run_for(1s);
  EXPECT_EQ(send(a, {true, "bob", "{}"}).value(), 3u);
  EXPECT_EQ(a.got, std::vector<std::string>{"user bob {}"});
}

TEST_F(MailTest, WhatEverybodyIsAskedIsGathered) {
  Office a(*this, "web-1");
  world_.run_for(1s);
  std::optional<base::Result<std::vector<std::string>>> said;
  const auto ask = [](Mail& mail, auto& into) -> net::Task<void> { into.emplace(co_await mail.ask("who?")); };
  job_ = net::Job(ask(a.mail, said));
  EXPECT_TRUE(world_.run_until([&] { return said.has_value(); }, 10s));
  EXPECT_EQ(said->value(), std::vector<std::string>{"web-1 says who?"});
}

}  // namespace
}  // namespace messages
