// Longer than most: both ends of a tunnel on one bus, and between them whatever a bus may do to frames.

#include <gmock/gmock.h>

#include <array>
#include <deque>
#include <functional>

#include "bus/memory_bus.hpp"
#include "http/client.hpp"
#include "net/both_nets.hpp"
#include "net/talk.hpp"
#include "tunnel/far_network.hpp"
#include "tunnel/host.hpp"
#include "tunnel/memory_registry.hpp"

namespace tunnel {
namespace {

using namespace std::chrono_literals;
using base::Fault;
using testing::HasSubstr;
using testing::StartsWith;

// Drops what it is told to.
class LossyBus final : public bus::Bus {
 public:
  explicit LossyBus(net::Loop& loop) : inner_(loop) {}
  void publish(std::string_view channel, std::string frame, OnPublished on_published) override {
    const auto read = decode(frame);
    if (read) ++published[read->kind];
    if (read && read->kind == Kind::bytes) bytes += read->payload.size();
    if (read && loses && loses(channel, *read)) frame = "lost";
    inner_.publish(channel, std::move(frame), std::move(on_published));
  }
  std::unique_ptr<bus::Following> follow(std::string_view channel, bus::Listener& listener) override {
    return inner_.follow(channel, listener);
  }
  bus::State state() const override { return inner_.state(); }
  bus::Observing on_state(std::function<void(bus::State)>) override { return {}; }

  std::function<bool(std::string_view channel, const Frame& frame)> loses;
  std::map<Kind, int> published;
  std::uint64_t bytes = 0;

 private:
  bus::MemoryBus inner_;
};

// Answers every request with so many bytes, and goes on or ends.
class Engine {
 public:
  explicit Engine(net::Network& network) : network_(network) {
    listener_ = *network.listen({{}, "only", 2375}, [this](net::Accepted accepted) {
      jobs_.start(serve(network_.adopt(std::move(accepted.socket))));
    });
  }
  net::Task<void> serve(net::StreamPtr stream) {
    std::string buffer(4096, '\0'), request;
    while (request.find("\r\n\r\n") == request.npos) {
      auto got = co_await stream->read_some(buffer);
      if (!got || *got == 0) co_return;
      request.append(buffer, 0, *got);
    }
    requests.push_back(request);
    ++open;
    const Counted counted{open};
    const std::string text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + net::numbered(answer_bytes);
    auto wrote = co_await stream->write(text);
    if (!wrote || !goes_on) co_return;
    (void)co_await stream->read_some(buffer);  // until the other end goes
  }

  std::size_t answer_bytes = 100;
  bool goes_on = false;
  int open = 0;
  std::vector<std::string> requests;

 private:
  struct Counted {
    int& count;
    ~Counted() { --count; }
  };
  net::Network& network_;
  std::unique_ptr<net::Listener> listener_;
  net::Jobs jobs_;
};

class TunnelTest : public testing::Test {
 protected:
  void serve(Host::Settings settings = {}) {
    host_.emplace(Host::Parts{network_, bus_, registry_, {{}, "only", 2375}}, "h1", settings);
    host_->on_engine("ENGINE", true);
    ASSERT_TRUE(net_.run_until([this] { return directory_.heard("ENGINE").has_value(); }));
  }
  struct Answer {
    net::Ended<std::string> text;
    net::Job job;
  };
  // In the background; one after another they stay.
  Answer& ask(const std::string& target, const std::string& method = "GET") {
    Answer& answer = answers_.emplace_back();
    http::Call call;
    call.method = method;
    call.target = target;
    call.within = 1h;
    answer.job = net::Job(fetch(call, answer.text));
    return answer;
  }
  net::Task<void> fetch(http::Call call, net::Ended<std::string>& out) {
    auto reply = co_await client_.fetch(std::move(call));
    if (reply) {
      out.emplace(std::to_string(reply->status) + " " + reply->body);
    } else {
      out.emplace(reply.error());
    }
  }
  net::StreamPtr open() {
    auto stream = asker_.open("ENGINE");
    EXPECT_TRUE(stream) << stream.error().message;
    return std::move(*stream);
  }
  void run_for(net::Duration time) {
    net_.run_until([this, until = net_.loop().now() + time] { return net_.loop().now() >= until; });
  }
  bool answered(const Answer& answer) {
    return net_.run_until([&] { return answer.text.has_value(); });
  }

  net::SimulatedNet net_;
  net::Network& network_ = net_.network();
  LossyBus bus_{net_.loop()};
  Engine engine_{network_};
  std::optional<Host> host_;
  MemoryRegistry registry_{net_.loop()};
  Directory directory_{{net_.loop(), bus_},
                       registry_,
                       "a1",
                       [](const std::string&, bool) {},
                       [this] {
                         if (host_) host_->on_asked();
                       }};
  Asker asker_{{net_.loop(), bus_}, directory_, "a1"};
  FarNetwork far_{asker_, "ENGINE"};
  http::Client client_{far_, {{}, "tunnel", 0}};
  std::deque<Answer> answers_;
};

TEST_F(TunnelTest, an_answer_of_any_size_arrives_whole) {
  serve();
  engine_.answer_bytes = 1'000'000;
  Answer& answer = ask("/v1.45/info");
  ASSERT_TRUE(answered(answer));
  ASSERT_TRUE(*answer.text) << answer.text->error().message;
  EXPECT_EQ(**answer.text, "200 " + net::numbered(1'000'000));
  ASSERT_EQ(engine_.requests.size(), 1U);
  EXPECT_EQ(engine_.requests[0], "GET /v1.45/info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  run_for(1s);
  EXPECT_EQ(host_->streams(), 0U);
  EXPECT_EQ(asker_.streams(), 0U);
}

TEST_F(TunnelTest, what_may_not_pass_is_refused_before_the_Engine_sees_a_byte) {
  serve();
  for (const std::string method : {"POST", "DELETE", "PUT"}) {
    Answer& answer = ask("/containers/4f/start", method);
    ASSERT_TRUE(answered(answer));
    ASSERT_TRUE(*answer.text);
    EXPECT_THAT(**answer.text, StartsWith("403"));
  }
  EXPECT_TRUE(engine_.requests.empty());
}

TEST_F(TunnelTest, a_second_request_on_one_connection_ends_it) {
  serve();
  engine_.goes_on = true;
  const auto stream = open();
  net::Ended<void> wrote, end;
  std::string text;
  const net::Job first(net::write(*stream, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n", wrote));
  const net::Job reading(net::read_all(*stream, text, end));
  ASSERT_TRUE(net_.run_until([&] { return text.size() >= 100; }));
  wrote.reset();
  const net::Job second(net::write(*stream, "POST /containers/create HTTP/1.1\r\nHost: a\r\n\r\n", wrote));
  ASSERT_TRUE(net_.run_until([&] { return end.has_value(); }));
  EXPECT_FALSE(*end);
  EXPECT_EQ(engine_.requests.size(), 1U);
  EXPECT_EQ(text.find("403"), text.npos) << "nothing is put into the answer";
}

TEST_F(TunnelTest, a_lost_frame_ends_the_stream_wherever_it_is_lost) {
  serve();
  engine_.answer_bytes = 300'000;
  int count = 0;
  bus_.loses = [&](std::string_view, const Frame& frame) { return frame.kind == Kind::bytes && ++count == 4; };
  Answer& answer = ask("/info");
  ASSERT_TRUE(answered(answer));
  ASSERT_FALSE(*answer.text);
  EXPECT_EQ(answer.text->error().fault, Fault::closed);
  run_for(1s);
  EXPECT_EQ(host_->streams(), 0U);
  EXPECT_EQ(engine_.open, 0) << "its connection is not left behind";
}

// The last one: only the keep-alive behind it shows that it is missing.
TEST_F(TunnelTest, a_lost_end_is_noticed_all_the_same) {
  serve();
  engine_.goes_on = true;
  engine_.answer_bytes = 50'000;
  const auto stream = open();
  net::Ended<void> wrote, end;
  std::string text;
  const net::Job asking(net::write(*stream, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n", wrote));
  bus_.loses = [&](std::string_view channel, const Frame& frame) {
    return frame.kind == Kind::bytes && channel == asker_channel("a1") && frame.number == 1;
  };
  const net::Job reading(net::read_all(*stream, text, end));
  ASSERT_TRUE(net_.run_until([&] { return end.has_value(); }));
  ASSERT_FALSE(*end);
  EXPECT_EQ(end->error().fault, Fault::closed);
}

TEST_F(TunnelTest, nothing_piles_up_where_nobody_reads) {
  serve();
  engine_.answer_bytes = 10'000'000;
  const auto stream = open();
  net::Ended<void> wrote, end;
  const net::Job asking(net::write(*stream, "GET /containers/4f/logs HTTP/1.1\r\nHost: a\r\n\r\n", wrote));
  run_for(60s);
  EXPECT_EQ(bus_.bytes, window_bytes + std::string_view("GET /containers/4f/logs HTTP/1.1\r\nHost: a\r\n\r\n").size());
  std::string text;
  const net::Job reading(net::read_all(*stream, text, end));
  ASSERT_TRUE(net_.run_until([&] { return end.has_value(); }));
  EXPECT_TRUE(*end) << "slowness is no fault";
  EXPECT_GT(text.size(), 10'000'000U);
}

TEST_F(TunnelTest, all_streams_together_keep_to_the_rate) {
  serve({.bytes_s = 1'000'000});
  engine_.answer_bytes = 1'000'000;
  const net::Instant begun = net_.loop().now();
  for (int i = 0; i < 5; ++i) ask("/info");
  for (const Answer& each : answers_) ASSERT_TRUE(answered(each));
  for (const Answer& each : answers_) EXPECT_TRUE(*each.text);
  const double seconds = std::chrono::duration<double>(net_.loop().now() - begun).count();
  EXPECT_GT(seconds, 4.8);
  EXPECT_LT(seconds, 6.0) << "and make use of it";
}

TEST_F(TunnelTest, a_host_that_dies_is_noticed_by_its_silence) {
  serve();
  engine_.goes_on = true;
  Answer& answer = ask("/events");
  ASSERT_TRUE(net_.run_until([this] { return engine_.open == 1; }));
  run_for(60s);
  EXPECT_FALSE(answer.text) << "a silent Engine is none: the host says that it is there";
  bus_.loses = [](std::string_view channel, const Frame&) { return channel != host_channel("h1"); };
  const net::Instant dead = net_.loop().now();
  ASSERT_TRUE(answered(answer));
  ASSERT_FALSE(*answer.text);
  EXPECT_EQ(answer.text->error().fault, Fault::timed_out);
  EXPECT_LT(net_.loop().now() - dead, 15s);
  Answer& next = ask("/events");
  ASSERT_TRUE(answered(next));
  EXPECT_EQ(next.text->error().fault, Fault::refused) << "nobody is left to be asked";
}

// It was stopped: Redis still takes what is said to it.
TEST_F(TunnelTest, a_host_that_does_not_greet_is_given_up_soon) {
  serve();
  bus_.loses = [](std::string_view channel, const Frame&) { return channel != host_channel("h1"); };
  const net::Instant begun = net_.loop().now();
  Answer& answer = ask("/info");
  ASSERT_TRUE(answered(answer));
  EXPECT_FALSE(*answer.text);
  EXPECT_LT(net_.loop().now() - begun, 5s);
  EXPECT_FALSE(directory_.host_of("ENGINE"));
}

TEST_F(TunnelTest, an_asker_that_dies_leaves_nothing_behind) {
  serve();
  engine_.goes_on = true;
  ask("/events");
  ASSERT_TRUE(net_.run_until([this] { return engine_.open == 1; }));
  bus_.loses = [](std::string_view channel, const Frame&) { return channel == host_channel("h1"); };
  ASSERT_TRUE(net_.run_until([this] { return engine_.open == 0; }));
  run_for(1s);
  EXPECT_EQ(host_->streams(), 0U);
}

TEST_F(TunnelTest, another_host_is_asked_where_one_goes) {
  serve();
  Host other({network_, bus_, registry_, {{}, "only", 2375}}, "h2", {});
  other.on_engine("ENGINE", true);
  run_for(3s);
  host_.reset();  // without a word
  Answer& first = ask("/info");
  Answer& second = ask("/info");
  ASSERT_TRUE(answered(first) && answered(second));
  EXPECT_NE(first.text->has_value(), second.text->has_value()) << "they are asked in turn, and one is not there";
  Answer& third = ask("/info");
  ASSERT_TRUE(answered(third));
  EXPECT_TRUE(*third.text) << "who did not answer is not asked again";
  other.leave();
  run_for(1s);
  EXPECT_FALSE(directory_.host_of("ENGINE"));
}

TEST_F(TunnelTest, an_Engine_that_does_not_answer_is_nobodys) {
  serve();
  host_->on_engine("ENGINE", false);
  run_for(1s);
  EXPECT_FALSE(directory_.host_of("ENGINE"));
  host_->on_engine("ENGINE", true);
  run_for(1s);
  EXPECT_EQ(directory_.host_of("ENGINE"), "h1");
}

TEST_F(TunnelTest, an_Engine_that_refuses_is_told_in_its_words) {
  serve();
  host_.emplace(Host::Parts{network_, bus_, registry_, {{}, "only", 99}}, "h1", Host::Settings{});
  run_for(1s);
  Answer& answer = ask("/info");
  ASSERT_TRUE(answered(answer));
  ASSERT_FALSE(*answer.text);
  EXPECT_EQ(answer.text->error().fault, Fault::unavailable);
}

TEST_F(TunnelTest, too_many_streams_are_refused_in_words) {
  serve();
  engine_.goes_on = true;
  const std::array<std::string, 3> long_ones = {"/events", "/v1.45/containers/4f/logs?follow=1",
                                                "/containers/4f/stats?stream=1"};
  for (std::size_t i = 0; i < Asker::long_max; ++i) ask(long_ones[i % 3]);
  ASSERT_TRUE(net_.run_until([this] { return engine_.open == static_cast<int>(Asker::long_max); }));
  for (const std::string& each : long_ones) {
    Answer& over = ask(each);
    ASSERT_TRUE(answered(over));
    EXPECT_THAT(over.text->error().message, HasSubstr("Too many"));
  }
  run_for(1s);  // the host forgets those that were refused
  for (std::size_t i = Asker::long_max; i < Asker::streams_max; ++i) ask("/containers/4f/json");
  ASSERT_TRUE(net_.run_until([this] { return engine_.open == static_cast<int>(Asker::streams_max); }))
      << "an inspect does not wait for logs";
  Answer& over = ask("/info");
  ASSERT_TRUE(answered(over));
  EXPECT_THAT(over.text->error().message, HasSubstr("Too many"));

  for (std::uint64_t i = 0; i < 2000; ++i)
    Wire({net_.loop(), bus_}, host_channel("h1"), i).send(Kind::open, "stranger");
  run_for(1s);
  EXPECT_EQ(host_->streams(), Asker::streams_max + Host::asker_streams_max);
  answers_.clear();
  run_for(1s);
  EXPECT_EQ(engine_.open, 0);
  ask("/events");
  EXPECT_TRUE(net_.run_until([this] { return engine_.open == 1; })) << "there is room again";
}

TEST_F(TunnelTest, a_hundred_streams_at_once_are_not_confused) {
  serve();
  engine_.answer_bytes = 200'000;
  for (int i = 0; i < 100; ++i) ask("/info");
  for (const Answer& each : answers_) {
    ASSERT_TRUE(answered(each));
    ASSERT_TRUE(*each.text);
    EXPECT_EQ(**each.text, "200 " + net::numbered(200'000));
  }
}

TEST_F(TunnelTest, whoever_comes_asks_who_is_there) {
  serve();
  bool heard = false;
  Directory late(
      {net_.loop(), bus_}, registry_, "a2", [&heard](const std::string&, bool) { heard = true; }, [] {});
  EXPECT_FALSE(late.settled());
  const net::Instant begun = net_.loop().now();
  ASSERT_TRUE(net_.run_until([&] { return heard; }));
  EXPECT_LT(net_.loop().now() - begun, 500ms) << "not only when its host speaks again";
  ASSERT_TRUE(net_.run_until([&] { return late.settled(); }));
}

TEST_F(TunnelTest, whoever_comes_hears_of_an_Engine_that_answers_none_of_its_hosts_now) {
  serve();
  host_->on_engine("ENGINE", false);
  run_for(2s);
  directory_.forget("ENGINE");
  bool heard = false;
  MemoryRegistry empty(net_.loop());
  Directory late(
      {net_.loop(), bus_}, empty, "a2", [&heard](const std::string&, bool) { heard = true; }, [] {});
  const net::Instant begun = net_.loop().now();
  ASSERT_TRUE(net_.run_until([&] { return heard; }));
  EXPECT_LT(net_.loop().now() - begun, 500ms);
  EXPECT_FALSE(late.host_of("ENGINE"));
}

TEST_F(TunnelTest, an_Engine_that_is_silent_is_noted_for_as_long_as_others_remember_it) {
  serve();
  host_->on_engine("ENGINE", false);
  const auto noted = [this] {
    std::optional<bool> any;
    registry_.look([&any](const base::Result<Registry::Record>& record) { any = !record->engines.empty(); });
    EXPECT_TRUE(net_.run_until([&any] { return any.has_value(); }));
    return any.value_or(false);
  };
  for (int i = 0; i < 9; ++i) run_for(60s);
  EXPECT_TRUE(noted());
  for (int i = 0; i < 3; ++i) run_for(60s);
  EXPECT_FALSE(noted());
}

TEST_F(TunnelTest, no_more_Engines_are_heard_of_than_the_bound) {
  for (int i = 0; i < 1000; ++i) {
    const std::string engine = "ENGINE-" + std::to_string(i);
    bus_.publish(hosts_channel, encode(Frame{Kind::here, 0, 0, encode(Announcement{"h1", engine})}), {});
    bus_.publish(hosts_channel, encode(Frame{Kind::here, 0, 0, encode(Announcement{"h" + engine, "ENGINE-0"})}), {});
  }
  run_for(1s);
  const std::string last = "ENGINE-" + std::to_string(Directory::engines_max - 1);
  EXPECT_TRUE(directory_.heard(last));
  EXPECT_FALSE(directory_.heard("ENGINE-" + std::to_string(Directory::engines_max)));
  EXPECT_EQ(directory_.host_of(last), "h1");
  run_for(11s);
  EXPECT_FALSE(directory_.host_of(last)) << "nothing was heard of it for ten seconds";
}

TEST_F(TunnelTest, what_is_no_frame_harms_nobody) {
  serve();
  engine_.goes_on = true;
  Answer& answer = ask("/events");
  ASSERT_TRUE(net_.run_until([this] { return engine_.open == 1; }));
  for (const std::string& channel : {host_channel("h1"), asker_channel("a1"), std::string(hosts_channel)}) {
    bus_.publish(channel, "", {});
    bus_.publish(channel, std::string(100'000, 'x'), {});
    bus_.publish(channel, encode(Frame{Kind::credit, 5, 5, std::string_view("12345678")}), {});
    bus_.publish(channel, encode(Frame{Kind::here, 0, 0, "a{b}\nENGINE"}), {});
  }
  run_for(5s);
  EXPECT_FALSE(answer.text);
}

}  // namespace
}  // namespace tunnel
