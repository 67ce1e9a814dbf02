#include "api/server_fixture.hpp"
#include "http/response.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ServerLeaving : public ServerTest {
 protected:
  void leave() {
    if (!server) start();
    server->notice();
    server->leave(departures, [this] { left = true; });
    loop.settle();
  }
  void end() {
    server->end();
    loop.settle();
  }
  static std::string migrate(int ms, const std::string& more = {}) {
    return R"({"type":"migrate","in_ms":)" + std::to_string(ms) + R"(,"reason":"drain")" + more + "}";
  }
  static std::string closed(int ms) { return R"(close 4200 {"ms":)" + std::to_string(ms) + "}"; }
  static std::string text_frame(std::string_view text) {
    std::string frame;
    ws::append_text_frame(frame, text);
    return frame;
  }
  // The client answers our close frame, and goes.
  void go(int client) {
    say(client, frame(ws::close_payload(4200, ""), ws::Opcode::close));
    close(client);
  }
  std::int64_t remaining() {
    loop.pass(250ms);
    return metrics.drain_remaining.value();
  }

  Departures departures{2};  // a second
  bool left = false;
};

TEST_F(ServerLeaving, readiness_says_so_at_once_and_newcomers_are_served) {
  start();
  server->notice();
  EXPECT_THAT(say(connect(), request("/health/ready")), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(heard_frames(follow()), IsEmpty());
}

TEST_F(ServerLeaving, each_client_is_told_a_time_of_its_own_at_the_rate) {
  const int clients[] = {follow(), open("/ws"), open("/ws/containers/" + container + "/logs")};
  leave();
  EXPECT_THAT(heard_frames(clients[0]), ElementsAre(migrate(0)));
  EXPECT_THAT(heard_frames(clients[1]), ElementsAre(migrate(550)));
  EXPECT_THAT(heard_frames(clients[2]),
              ElementsAre(migrate(1100, R"(,"data":"This connection is about to move to another server")")))
      << "one that opened quietly too, and shows people what it hears";
  for (const int client : clients) close(client);
  EXPECT_EQ(remaining(), 0);
  EXPECT_TRUE(left);
}

TEST_F(ServerLeaving, who_does_not_go_is_closed_and_its_return_has_a_place_of_its_own_too) {
  const int first = follow(), second = follow(), third = follow();
  leave();
  for (const int client : {first, second, third}) heard(client);
  close(second);
  loop.pass(1900ms);
  EXPECT_THAT(heard_frames(first), ElementsAre(closed(0))) << "two seconds later, by the next look";
  EXPECT_THAT(heard_frames(third), IsEmpty());
  EXPECT_EQ(metrics.drain_remaining.value(), 2);
  loop.pass(1250ms);
  EXPECT_THAT(heard_frames(third), ElementsAre(testing::StartsWith("close 4200")));
  EXPECT_FALSE(left);
  go(first);
  go(third);
  EXPECT_EQ(remaining(), 0);
  EXPECT_TRUE(left);
}

TEST_F(ServerLeaving, what_waits_for_a_client_comes_before_its_close) {
  const int client = follow();
  sockets.end(client).room = 0;
  fanout.replay(control.follows.back().follower.name, {text_frame("a line")});
  leave();
  end();
  sockets.end(client).room = ~std::size_t{0};
  sockets.ready(client);
  EXPECT_THAT(heard_frames(client), ElementsAre("a line", migrate(0), closed(550)));
}

TEST_F(ServerLeaving, who_comes_late_is_served_and_told_to_go) {
  const int early = follow(), late = connect();
  leave();
  EXPECT_THAT(heard_frames(early), ElementsAre(migrate(0)));
  const std::string answer = say(late, upgrade("/ws"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(frames(answer.substr(answer.find("\r\n\r\n") + 4)), ElementsAre(migrate(550)));
}

TEST_F(ServerLeaving, at_the_end_all_are_closed_and_told_the_places_that_they_have) {
  const int clients[] = {follow(), follow(), follow()}, late = connect();
  leave();
  for (const int client : clients) heard(client);
  loop.pass(600ms);
  end();
  EXPECT_THAT(heard_frames(clients[0]), ElementsAre(closed(1050))) << "it had its chance";
  EXPECT_THAT(heard_frames(clients[1]), ElementsAre(closed(1600)));
  EXPECT_THAT(heard_frames(clients[2]), ElementsAre(closed(500)));
  EXPECT_THAT(say(late, upgrade("/ws")), StartsWith("HTTP/1.1 503"));
}

TEST_F(ServerLeaving, who_watches_it_keeps_the_connection_others_do_not) {
  const int watcher = connect(), other = connect();
  leave();
  EXPECT_THAT(say(watcher, request("/metrics")), HasSubstr("dockcast_drain_remaining 0"));
  EXPECT_THAT(say(watcher, request("/health/ready")), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(say(other, request("/api/nothing")), HasSubstr("Connection: close"));
}

TEST_F(ServerLeaving, without_clients_is_over_at_once_and_idle_sockets_are_no_clients) {
  const int idle = connect();
  leave();
  EXPECT_TRUE(left);
  EXPECT_FALSE(gone(idle));
}

TEST_F(ServerLeaving, waits_for_an_answer_that_is_on_its_way) {
  const int asker = connect();
  say(asker, request("/api/channels"));
  leave();
  EXPECT_FALSE(left);
  control.looks.back().on_view(std::make_shared<const roster::View>());
  EXPECT_THAT(heard(asker), StartsWith("HTTP/1.1 200"));
  close(asker);
  loop.pass(1s);
  EXPECT_TRUE(left);
}

TEST_F(ServerLeaving, a_download_is_finished_and_then_its_connection_closed) {
  const int asker = connect();
  say(asker, request("/api/containers/web/logs"));
  const hub::FollowerName name = control.downloads.back().asked.asker.name;
  server->on_download_begun(name);
  leave();
  end();
  loop.pass(2s);
  server->on_download_piece(name, "a line\n");
  server->on_download_ended(name, {});
  EXPECT_THAT(heard(asker), testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("a line\n")));
  EXPECT_FALSE(left);
  close(asker);
  loop.pass(1s);
  EXPECT_TRUE(left);
}

TEST_F(ServerLeaving, is_asked_for_by_post_and_not_by_pages_of_others) {
  const auto post = [this](const std::string& headers, const std::string& body = {}) {
    return say(connect(), "POST /api/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  };
  EXPECT_THAT(say(connect(), request("/api/drain")), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(post("Origin: http://evil.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post("Content-Type: text/plain\r\n", "x"), StartsWith("HTTP/1.1 415"));
  EXPECT_EQ(control.drains, 0);
  EXPECT_THAT(post("Origin: http://localhost\r\n"), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(post("Content-Type: application/json\r\n", "{}"), StartsWith("HTTP/1.1 202"));
  EXPECT_EQ(control.drains, 2);
}

TEST_F(ServerLeaving, is_asked_for_by_those_alone_who_are_known) {
  start({auth::Mode::token, "secret"});
  const std::string post = "POST /api/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n";
  EXPECT_THAT(say(connect(), post + "\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_EQ(control.drains, 0);
  EXPECT_THAT(say(connect(), post + "Authorization: Bearer secret\r\n\r\n"), StartsWith("HTTP/1.1 202"));
}

TEST(Departures, no_second_has_more_of_them_than_the_rate) {
  constexpr std::size_t rate = 7;
  Departures departures(rate);
  std::vector<net::Instant> places;
  net::Instant now{1s};
  for (int i = 0; i < 100; ++i) {
    places.push_back(departures.take(now));
    if (i % 10 == 0) now += 300ms * (i % 3);  // some ask when their turn is, others long before
    EXPECT_GE(places.back(), now - 600ms);
  }
  constexpr net::Duration unpunctual = 90ms;  // one who is late, behind whom one is early
  for (std::size_t i = rate; i < places.size(); ++i) EXPECT_GE(places[i] - places[i - rate] - unpunctual, 1s);
}

}  // namespace
}  // namespace api::testing_bench
