// What a Server does with a client that runs into a limit, and that each strike is counted (docs/limits.md).
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ServerLimits : public ServerTest {
 protected:
  static std::string fragment(std::string_view text, ws::Opcode opcode = ws::Opcode::continuation) {
    std::string out;
    ws::append_masked_frame(out, opcode, text, {}, false);
    return out;
  }
  static std::string deflated(const std::string& text) {
    std::string payload;
    ws::Deflater().deflate(payload, text);
    std::string out = frame(payload);
    out[0] = static_cast<char>(out[0] | 0x40);
    return out;
  }
  static std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  }
};

// Connections

TEST_F(ServerLimits, an_address_with_too_many_connections_is_told_429_and_others_are_served) {
  settings.address_connections_max = 2;
  start();
  const net::PeerAddress crowd("\xc0\x01\x02\x01", 1), other("\xc0\x01\x02\x02", 1);
  const int first = connect(crowd);
  connect(crowd);
  const std::string answer = heard(connect(crowd));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 5\r\n"));
  EXPECT_EQ(struck(Limit::address_connections), 1U);
  EXPECT_EQ(metrics.refused[Refused::crowded].value(), 1U);
  EXPECT_THAT(say(connect(other), request("/health/live")), StartsWith("HTTP/1.1 200"));
  for (int i = 0; i < 5; ++i) EXPECT_THAT(heard(connect()), IsEmpty()) << "of this machine";
  close(first);
  loop.pass(11s);  // the one that was told goes
  EXPECT_THAT(say(connect(crowd), request("/health/live")), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerLimits, far_beyond_the_bound_of_an_address_nobody_is_told_anything) {
  settings.address_connections_max = 1;
  start();
  for (int i = 0; i < 1000; ++i) connect({"\xc0\x01\x02\x01", 1});
  EXPECT_LE(metrics.connections.value(), 65);
  EXPECT_EQ(struck(Limit::address_connections), 999U);
  EXPECT_EQ(server->load(), static_cast<std::uint32_t>(metrics.connections.value()));
  loop.pass(20s);
  EXPECT_EQ(metrics.connections.value(), 0);
  EXPECT_EQ(addresses.count(addresses.enter("\xc0\x01\x02\x01")), 1U) << "nobody is counted who is gone";
}

// Requests

TEST_F(ServerLimits, a_request_beyond_a_bound_is_refused_and_closed) {
  settings.request = {.head_bytes_max = 2000, .headers_max = 10, .target_bytes_max = 500, .body_bytes_max = 100};
  start();
  const std::tuple<std::string, const char*, Limit> table[] = {
      {request("/", "A: " + std::string(2000, 'x') + "\r\n"), "431", Limit::header_bytes},
      {request("/", repeated("A: b\r\n", 10)), "431", Limit::headers},
      {request("/" + std::string(500, 'x')), "414", Limit::url_bytes},
      {request("/" + std::string(100'000, 'x')), "414", Limit::url_bytes},
      {request("/", "Content-Length: 101\r\n"), "413", Limit::body_bytes},
      {request("/", "Transfer-Encoding: chunked\r\n") + "65\r\n" + std::string(101, 'x'), "413", Limit::body_bytes},
  };
  for (const auto& [text, status, limit] : table) {
    const int client = connect();
    const std::uint64_t before = struck(limit);
    EXPECT_THAT(say(client, text), StartsWith("HTTP/1.1 " + std::string(status)));
    EXPECT_TRUE(sockets.end(client).write_shut);
    EXPECT_EQ(struck(limit), before + 1) << text.substr(0, 100);
  }
}

TEST_F(ServerLimits, a_further_request_has_a_deadline_of_its_own) {
  settings.request_timeout = 3s;
  const int client = connect();
  say(client, request("/health/live"));
  loop.pass(30s);
  say(client, "GET / HT");
  loop.pass(2s);
  EXPECT_THAT(say(client, "TP/1.1\r\n"), IsEmpty());
  loop.pass(1500ms);
  EXPECT_THAT(heard(client), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(struck(Limit::request_time), 1U);
  EXPECT_EQ(struck(Limit::handshake_time) + struck(Limit::idle_time), 0U);
}

TEST_F(ServerLimits, deadlines_are_counted_as_what_they_are) {
  const int silent = connect();
  loop.pass(11s);
  EXPECT_TRUE(gone(silent));
  EXPECT_EQ(struck(Limit::handshake_time), 1U);
  say(connect(), request("/health/live"));
  loop.pass(61s);
  EXPECT_EQ(struck(Limit::idle_time), 1U);
  const int waiting = open();
  say(waiting, fragment("x", ws::Opcode::text));
  loop.pass(11s);
  EXPECT_EQ(struck(Limit::message_time), 1U);
  loop.pass(6s);
  EXPECT_EQ(struck(Limit::close_time), 1U);
  open();
  loop.pass(70s);
  EXPECT_EQ(struck(Limit::pong_time), 1U);
}

// Messages

TEST_F(ServerLimits, a_message_beyond_a_bound_is_closed_with_1009) {
  settings.deflate = true;
  settings.fragments_max = 5;
  start();
  const std::pair<std::string, Limit> table[] = {
      {frame(std::string(settings.message_bytes_max + 1, ' ')), Limit::message_bytes},
      {std::string("\x81\xff\x80\0\0\0\0\0\0\0", 10), Limit::message_bytes},
      {deflated(repeated(std::string(1000, 'a') + std::to_string(loop.random().next()), 60) + std::string(9000, 'b')),
       Limit::message_bytes},
      {deflated(std::string(60'000, ' ')), Limit::inflation},
      {fragment("", ws::Opcode::text) + repeated(fragment(""), 5), Limit::fragments},
  };
  for (const auto& [said, limit] : table) {
    settings.inflation_max = limit == Limit::inflation ? 100 : 2000;
    const int client = open("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    const std::uint64_t before = struck(limit);
    EXPECT_THAT(frames(say(client, said)), Contains(StartsWith("close 1009")));
    EXPECT_EQ(struck(limit), before + 1) << limit_names.at(static_cast<std::size_t>(limit));
    EXPECT_TRUE(sockets.end(client).write_shut);
  }
}

TEST_F(ServerLimits, a_short_message_may_inflate_as_it_likes) {
  settings.deflate = true;
  const int client = open("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  const std::string id(3000, 'x');
  EXPECT_THAT(frames(say(client, deflated(R"({"type":"ping","id":")" + id + R"("})"))), Contains(HasSubstr(id)));
}

// Rates

TEST_F(ServerLimits, a_burst_within_the_credit_is_handled_whole) {
  const int client = open();
  const std::string pings = repeated(frame(R"({"type":"ping"})"), 10'000);
  EXPECT_EQ(frames(say(client, pings)).size(), 10'001U) << "connected, and a pong each";
  EXPECT_EQ(struck(Limit::commands), 0U);
}

TEST_F(ServerLimits, commands_beyond_the_rate_are_told_so_and_who_goes_on_is_closed_with_4129) {
  settings.commands_per_second = 10;
  settings.rate_credit = 2s;
  const int client = open();
  say(client, repeated(frame(R"({"type":"ping"})"), 20));
  EXPECT_THAT(talk(client, R"({"type":"ping","id":7})"),
              ElementsAre(HasSubstr(R"("type":"error","id":7,"code":"rate_limited")")));
  EXPECT_EQ(struck(Limit::commands), 1U);
  loop.pass(1s);
  EXPECT_THAT(talk(client, R"({"type":"ping"})"), ElementsAre(R"({"type":"pong"})")) << "it refills";
  const auto heard = frames(say(client, repeated(frame(R"({"type":"ping"})"), 100)));
  EXPECT_EQ(heard.back(), "close 4129 Too many commands.");
  EXPECT_EQ(
      std::count_if(heard.begin(), heard.end(), [](auto& each) { return each.find("rate_limited") != each.npos; }), 10);
  EXPECT_TRUE(sockets.end(client).write_shut) << "what it says on is thrown away";
  EXPECT_EQ(metrics.closes[counted(4129)].value(), 1U);
}

TEST_F(ServerLimits, a_hundred_subscriptions_may_be_asked_for_at_once) {
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += frame(R"({"type":"subscribe","channel":"container:logs:n)" + std::to_string(i) + R"("})");
  const int client = open();
  say(client, all);
  EXPECT_EQ(struck(Limit::commands), 0U);
  EXPECT_FALSE(sockets.end(client).write_shut);
}

TEST_F(ServerLimits, a_flood_of_pings_is_closed_with_4129) {
  settings.pings_per_second = 100;
  const int client = open();
  std::vector<std::string> heard;
  for (int i = 0; i < 100 && heard.empty(); ++i) {
    heard = frames(say(client, repeated(frame("x", ws::Opcode::ping), 100)));
    if (heard == std::vector<std::string>{"pong x"}) heard.clear();
  }
  EXPECT_THAT(heard, ElementsAre("close 4129 Too many pings."));
  EXPECT_EQ(struck(Limit::pings), 1U);
  EXPECT_THAT(say(client, frame("x", ws::Opcode::ping)), IsEmpty());
}

TEST_F(ServerLimits, a_flood_of_pongs_is_closed_with_4129) {
  settings.pings_per_second = 50;
  const int client = open();
  EXPECT_THAT(frames(say(client, repeated(frame("", ws::Opcode::pong), 1000))), ElementsAre(StartsWith("close 4129")));
}

TEST_F(ServerLimits, what_waits_and_what_is_not_taken_is_counted_once_each_time_it_stops_the_reading) {
  const int client = open("/ws");
  sockets.end(client).room = 0;
  settings.backlog_bytes_max = 4096;
  for (int i = 0; i < 30; ++i) say(client, repeated(frame(R"({"type":"ping"})"), 30));
  EXPECT_EQ(struck(Limit::backlog_bytes), 1U);
  const int other = open("/ws");
  say(other, frame(R"({"type":"subscribe","channel":"container:logs:web"})"));
  for (int i = 0; i < 10; ++i) say(other, frame(std::string(60'000, ' ')));
  EXPECT_EQ(struck(Limit::waiting_bytes), 1U);
}

}  // namespace
}  // namespace api::testing_bench
