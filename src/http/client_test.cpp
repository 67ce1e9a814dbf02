// Longer than most: every way in which a server's answer can come, or fail to come, beside one another.
#include "http/client.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <list>

#include "base/check.hpp"

namespace http {
namespace {

// A connection whose other end is the test: what it says is read in the pieces in which it was said.
struct Wire {
  std::string heard;
  std::list<std::string> said;
  bool ended = false;  // the server closed
  bool open = false;
  net::Stream::ReadOperation* waiting = nullptr;
  std::span<char> into;

  void say(std::string piece) {
    said.push_back(std::move(piece));
    answer();
  }
  void end() {
    ended = true;
    answer();
  }
  void answer() {
    if (waiting == nullptr || (said.empty() && !ended)) return;
    std::size_t size = 0;
    if (!said.empty()) {
      std::string& piece = said.front();
      size = piece.copy(into.data(), into.size());
      piece.erase(0, size);
      if (piece.empty()) said.pop_front();
    }
    std::exchange(waiting, nullptr)->complete(size);
  }
};

class WireStream : public net::Stream {
 public:
  explicit WireStream(Wire& wire) : wire_(wire) { wire_.open = true; }
  ~WireStream() override {
    CHECK(wire_.waiting == nullptr);
    wire_.open = false;
  }
  void shutdown_write() override {}
  void close() override {}

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override {
    wire_.waiting = &operation;
    wire_.into = into;
    wire_.answer();
  }
  void start_write(WriteOperation& operation, std::string_view from) override {
    wire_.heard += from;
    operation.complete({});
  }
  void abandon_read() override { wire_.waiting = nullptr; }
  void abandon_write() override {}

  Wire& wire_;
};

// Time stands still until the test moves it.
class StillLoop : public net::Loop {
 public:
  net::Instant now() const override { return {}; }
  net::WallTime wall_now() const override { return {}; }
  net::Timer after(net::Duration, net::Callback call) override {
    timers_.emplace_back(++last_, std::move(call));
    return net::Timer(*this, last_);
  }
  void post(net::Callback call) override { posted_.push_back(std::move(call)); }
  net::Random& random() override { std::abort(); }
  void run() {
    while (!posted_.empty()) take(posted_)();
  }
  void fire_timers() {
    while (!timers_.empty()) take(timers_).second();
    run();
  }

 private:
  template <class T>
  static T take(std::list<T>& from) {
    T first = std::move(from.front());
    from.pop_front();
    return first;
  }
  void cancel(std::uint64_t timer) override {
    timers_.remove_if([timer](const auto& entry) { return entry.first == timer; });
  }
  std::list<net::Callback> posted_;
  std::list<std::pair<std::uint64_t, net::Callback>> timers_;
  std::uint64_t last_ = 0;
};

class OneWire : public net::Network {
 public:
  StillLoop still;
  Wire wire;
  bool refuses = false;

  net::Loop& loop() override { return still; }
  net::Task<base::Result<std::unique_ptr<net::Stream>>> dial(net::Endpoint) override {
    if (refuses) co_return base::Error{base::Fault::refused, "nobody there"};
    std::unique_ptr<net::Stream> stream = std::make_unique<WireStream>(wire);
    co_return std::move(stream);
  }
  base::Result<std::unique_ptr<net::Listener>> listen(net::Endpoint, OnAccept) override { std::abort(); }
  std::unique_ptr<net::Stream> adopt(net::Socket) override { std::abort(); }
};

net::Task<void> fetch(Client& client, Call call, std::optional<base::Result<Reply>>& out) {
  auto reply = co_await client.fetch(std::move(call));
  out.emplace(std::move(reply));
}

// Reads to the end; runs are set apart by bars, and the end is told by a dollar sign or a fault's message.
net::Task<void> stream(Client& client, std::string& out, net::Duration silence_max = {}) {
  Call call;
  call.target = "/logs";
  call.silence_max = silence_max;
  auto body = co_await client.open(std::move(call));
  if (!body) {
    out += body.error().message;
    co_return;
  }
  for (;;) {
    auto run = co_await (*body)->next();
    if (!run) {
      out += "!" + std::to_string(static_cast<int>(run.error().fault));
      co_return;
    }
    if (run->empty()) break;
    out.append(*run).append("|");
  }
  out += "$";
}

const std::string chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string closed = "!" + std::to_string(static_cast<int>(base::Fault::closed));
const std::string malformed = "!" + std::to_string(static_cast<int>(base::Fault::protocol));

class ClientTest : public testing::Test {
 protected:
  OneWire network;
  Client client{network, net::Endpoint{"/run/engine.sock", {}, 0}};
};

TEST_F(ClientTest, AsksAndReturnsTheWholeAnswer) {
  std::optional<base::Result<Reply>> out;
  Call call{.method = "POST", .target = "/x?y=1", .headers = {{"Content-Type", "application/json"}}, .body = "{}"};
  net::Job job(fetch(client, std::move(call), out));
  EXPECT_EQ(network.wire.heard,
            "POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            "Content-Length: 2\r\n\r\n{}");
  network.wire.say("HTTP/1.1 409 Conflict\r\nContent-Length: 7\r\nX: y\r\n\r\nal");
  network.wire.say("ready");
  network.still.run();
  ASSERT_TRUE(out && out->has_value());
  EXPECT_EQ((*out)->status, 409);
  EXPECT_EQ((*out)->headers.get("x"), "y");
  EXPECT_EQ((*out)->body, "already");
  EXPECT_FALSE(network.wire.open);
}

TEST_F(ClientTest, DoesNotWaitForMoreWhereThereIsNoBody) {
  std::optional<base::Result<Reply>> out;
  net::Job job(fetch(client, Call{.method = "HEAD", .target = "/_ping"}, out));
  network.wire.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  network.still.run();
  ASSERT_TRUE(out && out->has_value());
  EXPECT_EQ((*out)->status, 200);
}

TEST_F(ClientTest, GivesUpAtTheDeadlineAndClosesTheConnection) {
  std::optional<base::Result<Reply>> out;
  net::Job job(fetch(client, Call{.target = "/slow"}, out));
  network.wire.say("HTTP/1.1 200 OK\r\nContent-Le");
  EXPECT_FALSE(out);
  network.still.fire_timers();
  ASSERT_TRUE(out && out->has_error());
  EXPECT_EQ(out->error().fault, base::Fault::timed_out);
  EXPECT_FALSE(network.wire.open);
}

TEST_F(ClientTest, RefusesAnAnswerOverTheBound) {
  std::optional<base::Result<Reply>> out;
  net::Job job(fetch(client, Call{.target = "/big", .body_bytes_max = 4}, out));
  network.wire.say("HTTP/1.1 200 OK\r\n\r\n12345");
  network.still.run();
  ASSERT_TRUE(out && out->has_error());
  EXPECT_EQ(out->error().fault, base::Fault::too_large);
}

TEST_F(ClientTest, SaysWhenNobodyAnswers) {
  network.refuses = true;
  std::string out;
  net::Job job(stream(client, out));
  EXPECT_EQ(out, "nobody there");
}

TEST_F(ClientTest, NeverSendsATargetThatWouldBeTwoRequests) {
  for (const char* target : {"/x HTTP/1.1\r\nX: y", "/a b", "x", "/\x7f"}) {
    std::optional<base::Result<Reply>> out;
    net::Job job(fetch(client, Call{.target = target}, out));
    ASSERT_TRUE(out && out->has_error());
    EXPECT_EQ(out->error().fault, base::Fault::bad_request);
    EXPECT_EQ(network.wire.heard, "");
  }
}

TEST_F(ClientTest, StreamsABodyAsItComesWithTheChunksOfOneReadTogether) {
  std::string out;
  net::Job job(stream(client, out));
  network.wire.say(chunked_head + "3\r\none\r\n3\r\ntwo\r\n5\r\nth");
  network.still.run();
  EXPECT_EQ(out, "onetwoth|");
  network.wire.say("ree\r");
  EXPECT_EQ(out, "onetwoth|ree|");
  network.wire.say("\n1\r\n4\r\n0\r\n");
  EXPECT_EQ(out, "onetwoth|ree|4|");
  network.wire.say("\r\n");
  EXPECT_EQ(out, "onetwoth|ree|4|$");
  EXPECT_FALSE(network.wire.open);
}

TEST_F(ClientTest, TellsACutFromAnEnd) {
  std::string out;
  net::Job job(stream(client, out));
  network.wire.say(chunked_head + "3\r\none\r\n");
  network.still.run();
  network.wire.end();
  EXPECT_EQ(out, "one|" + closed);
}

TEST_F(ClientTest, GivesUpABodyThatIsSilentForLongerThanItMay) {
  std::string patient, out;
  {
    net::Job job(stream(client, patient));
    network.wire.say(chunked_head + "2\r\nab\r\n");
    network.still.fire_timers();
    EXPECT_EQ(patient, "ab|");
  }
  net::Job job(stream(client, out, std::chrono::seconds(1)));
  network.wire.say(chunked_head + "2\r\nab\r\n");
  network.still.run();
  network.wire.say("2\r\ncd\r\n");
  network.still.run();
  EXPECT_EQ(out, "ab|cd|");
  network.still.fire_timers();
  EXPECT_EQ(out, "ab|cd|!" + std::to_string(static_cast<int>(base::Fault::timed_out)));
}

TEST_F(ClientTest, GivesWhatCameWholeBeforeItSaysThatTheRestIsGarbage) {
  std::string out;
  net::Job job(stream(client, out));
  network.wire.say(chunked_head + "3\r\none\r\n3\r\ntwo\r\nrubbish");
  network.still.run();
  EXPECT_EQ(out, "onetwo|" + malformed);
}

TEST_F(ClientTest, TakesTheConnectionsEndForTheEndOfABodyWithoutLength) {
  std::string out;
  net::Job job(stream(client, out));
  network.wire.say("HTTP/1.0 200 OK\r\n\r\nraw");
  network.still.run();
  network.wire.end();
  EXPECT_EQ(out, "raw|$");
}

TEST_F(ClientTest, GrowsItsBufferForAServerThatFillsItAndLosesNothing) {
  std::string said = chunked_head, expected;
  for (int i = 0; i < 40'000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    char size[8];
    std::snprintf(size, sizeof size, "%zx", line.size());
    said += std::string(size) + "\r\n" + line + "\r\n";
    expected += line;
  }
  std::string out;
  net::Job job(stream(client, out));
  network.wire.say(said + "0\r\n\r\n");
  network.still.run();
  EXPECT_LT(std::count(out.begin(), out.end(), '|'), 20);
  std::erase(out, '|');
  EXPECT_EQ(out, expected + "$");
}

TEST_F(ClientTest, CanBeDroppedAtEveryWait) {
  const std::string whole = chunked_head + "3\r\none\r\n0\r\n\r\n";
  for (std::size_t given = 0; given < whole.size(); ++given) {
    std::string out;
    {
      net::Job job(stream(client, out));
      for (std::size_t i = 0; i < given; ++i) {
        network.wire.say(whole.substr(i, 1));
        network.still.run();
      }
      EXPECT_TRUE(network.wire.open) << given;
    }
    EXPECT_FALSE(network.wire.open) << given;
    EXPECT_EQ(network.wire.waiting, nullptr);
    network.still.fire_timers();
    network.wire.said.clear();
  }
}

TEST(Call, NamesTheHostThatItGoesTo) {
  OneWire network;
  Client client(network, net::Endpoint{{}, "::1", 2375});
  std::string out;
  net::Job job(stream(client, out));
  EXPECT_EQ(network.wire.heard, "GET /logs HTTP/1.1\r\nHost: [::1]:2375\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace http
