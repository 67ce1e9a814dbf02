// How a Server keeps a WebSocket session: frames, order, back-pressure, deadlines, the end. Longer than most:
// one fixture, and every way a session can go.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Frames = std::vector<std::string>;

class ServerSession : public ServerTest {
 protected:
  Family family() const { return Family::container_logs; }
  std::uint64_t closes(std::uint16_t code) const { return metrics.closes[counted(code)].value(); }
};

// Opening

TEST_F(ServerSession, frames_in_the_segment_of_the_handshake_are_answered) {
  const int client = connect();
  const std::string answer = say(client, upgrade("/ws") + frame(R"({"type":"ping","id":1})"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(frames(answer.substr(answer.find("\r\n\r\n") + 4)),
              ElementsAre(HasSubstr("connected"), R"({"type":"pong","id":1})"));
}

TEST_F(ServerSession, a_session_follows_what_its_path_names_with_the_options_of_its_query) {
  const int client = open("/ws/containers/" + container + "/logs?tail=7&stderr=0&since=60s", v1);
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("connected")));
  ASSERT_EQ(control.follows.size(), 1U);
  const feeds::Follow& follow = control.follows[0];
  EXPECT_EQ(follow.follower.loop, 3U);
  EXPECT_EQ(follow.container, container);
  EXPECT_EQ(follow.shape, (feeds::Shape{feeds::Form::batch, true, false}));
  EXPECT_EQ(follow.start.tail, 7U);
  EXPECT_EQ(follow.start.since_ns, 1'699'999'940'000'000'000);
  subscribed(follow.follower);
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("subscribed")));
}

TEST_F(ServerSession, session_names_are_different_and_begin_with_the_instance) {
  const auto connected = [this] { return talk(open(), R"({"type":"connect"})")[0]; };
  const std::string first = connected();
  EXPECT_THAT(first, HasSubstr(R"("session":"one-ff-)"));
  EXPECT_NE(first, connected());
}

TEST_F(ServerSession, a_path_that_stands_for_nothing_is_told_so_and_closed_with_4004) {
  const int client = open("/ws/containers/web/logs");
  ASSERT_EQ(control.questions.size(), 1U);
  control.questions[0].on_resolved({base::Error{base::Fault::not_found, "No such container: web"}});
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("not_found"), "close 4004 No such container: web"));
  EXPECT_EQ(closes(4004), 1U);
}

// Messages

TEST_F(ServerSession, bytes_may_come_one_by_one) {
  const int client = open();
  std::string answer;
  for (const char byte : frame(R"({"type":"ping"})")) answer += say(client, std::string(1, byte));
  EXPECT_THAT(frames(answer), ElementsAre(HasSubstr("connected"), R"({"type":"pong"})"));
}

TEST_F(ServerSession, a_ping_is_answered_with_its_payload_and_of_several_the_last) {
  const int client = open();
  EXPECT_THAT(frames(say(client, frame("a", ws::Opcode::ping))), ElementsAre("pong a"));
  EXPECT_THAT(frames(say(client, frame("b", ws::Opcode::ping) + frame("c", ws::Opcode::ping))), ElementsAre("pong c"));
}

TEST_F(ServerSession, a_binary_message_is_closed_with_1003) {
  EXPECT_THAT(frames(say(open(), frame("x", ws::Opcode::binary))), ElementsAre(StartsWith("close 1003")));
}

TEST_F(ServerSession, a_message_over_the_bound_is_closed_with_1009_and_text_that_is_not_UTF_8_with_1007) {
  EXPECT_THAT(frames(say(open(), frame(std::string(65537, ' ')))), ElementsAre(StartsWith("close 1009")));
  EXPECT_THAT(frames(say(open(), frame("\xff"))), ElementsAre(StartsWith("close 1007")));
}

TEST_F(ServerSession, a_frame_that_is_not_masked_is_closed_with_1002) {
  std::string naked;
  ws::append_text_frame(naked, "x");
  const int client = open();
  EXPECT_THAT(frames(say(client, naked)), ElementsAre(StartsWith("close 1002")));
  EXPECT_TRUE(sockets.end(client).write_shut);
}

TEST_F(ServerSession, commands_behind_one_that_waits_are_handled_after_it_in_order) {
  const int client = open();
  const std::string text = frame(R"({"type":"subscribe","id":1,"channel":"container:logs:web"})") +
                           frame(R"({"type":"ping","id":2})") + frame("x", ws::Opcode::ping);
  EXPECT_THAT(frames(say(client, text)), ElementsAre(HasSubstr("connected"), "pong x"));
  control.questions[0].on_resolved({container});
  EXPECT_THAT(heard_frames(client), IsEmpty());
  subscribed(control.follows[0].follower);
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr(R"("subscribed","id":1)"), R"({"type":"pong","id":2})"));
}

TEST_F(ServerSession, unsubscribed_is_said_when_the_last_message_has_come) {
  const int client = follow();
  EXPECT_THAT(talk(client, R"({"type":"unsubscribe","channel":"container:logs:)" + container + R"("})"), IsEmpty());
  ASSERT_EQ(control.leavings.size(), 1U);
  control.leavings[0].done();
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("unsubscribed")));
  EXPECT_EQ(metrics.subscriptions[family()].value(), 0);
}

TEST_F(ServerSession, a_client_that_does_not_read_its_answers_is_not_listened_to) {
  const int client = open();
  sockets.end(client).room = 0;
  const std::string question = frame(R"({"type":"dance","id":")" + std::string(1000, 'x') + R"("})");
  for (int i = 0; i < 400; ++i) sockets.end(client).in += question;
  sockets.ready(client);
  loop.settle();
  EXPECT_LT(fanout.backlog_bytes(0), 100'000U);
  EXPECT_GT(sockets.end(client).in.size(), 200'000U);

  std::string all;
  for (int i = 0; i < 100 && !sockets.end(client).in.empty(); ++i) {
    sockets.end(client).room = 50'000;
    sockets.ready(client);
    loop.settle();
    all += heard(client);
  }
  sockets.end(client).room = ~std::size_t{0};
  sockets.ready(client);
  all += heard(client);
  EXPECT_EQ(frames(all).size(), 400U);
}

TEST_F(ServerSession, a_flood_of_one_client_leaves_the_others_their_turn) {
  const int client = open();
  for (int i = 0; i < 20'000; ++i) sockets.end(client).in += frame(R"({"type":"pong"})");
  sockets.ready(client);
  EXPECT_FALSE(sockets.end(client).in.empty());
  loop.settle();
  EXPECT_TRUE(sockets.end(client).in.empty());
}

// Credentials

TEST_F(ServerSession, a_session_without_credentials_is_closed_with_4308_after_five_seconds) {
  start({auth::Mode::token, "s3cret", false});
  const int client = open();
  loop.pass(4s);
  EXPECT_THAT(heard_frames(client), IsEmpty());
  loop.pass(1500ms);
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("unauthorized"), StartsWith("close 4308")));
}

TEST_F(ServerSession, a_token_in_connect_in_time_is_credentials) {
  start({auth::Mode::token, "s3cret", false});
  const int client = open();
  EXPECT_THAT(talk(client, R"({"type":"connect","token":"s3cret"})"), ElementsAre(HasSubstr("connected")));
  loop.pass(20s);
  EXPECT_THAT(heard_frames(client), IsEmpty());
}

TEST_F(ServerSession, a_wrong_token_in_connect_is_closed_with_4300) {
  start({auth::Mode::token, "s3cret", false});
  EXPECT_THAT(talk(open(), R"({"type":"connect","token":"x"})"),
              ElementsAre(HasSubstr("unauthorized"), StartsWith("close 4300")));
}

// Deadlines

TEST_F(ServerSession, it_pings_every_25_seconds_or_so_and_a_pong_keeps_it_open) {
  const int client = follow();
  loop.pass(22s);
  EXPECT_THAT(heard_frames(client), IsEmpty());
  int pings = 0;
  for (int second = 22; second < 300; ++second) {
    loop.pass(1s);
    for (const std::string& each : heard_frames(client)) {
      if (each != "ping") continue;
      ++pings;
      say(client, frame("", ws::Opcode::pong));
    }
  }
  EXPECT_GE(pings, 10);
  EXPECT_LE(pings, 13);
}

TEST_F(ServerSession, a_ping_without_a_pong_closes_with_4108_within_a_minute) {
  const int client = follow();
  loop.pass(50s);
  EXPECT_THAT(heard_frames(client), testing::Not(testing::Contains(StartsWith("close"))));
  loop.pass(10s);
  EXPECT_THAT(heard_frames(client), testing::Contains(StartsWith("close 4108")));
  loop.pass(6s);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerSession, a_missing_JSON_pong_closes_nothing) {
  const int client = follow();
  for (int i = 0; i < 100; ++i) {
    loop.pass(1s);
    say(client, frame("", ws::Opcode::pong));
  }
  EXPECT_FALSE(gone(client));
}

TEST_F(ServerSession, a_heartbeat_comes_after_30_seconds_without_another_message_whatever_is_pinged) {
  const int client = follow();
  loop.pass(29s);
  EXPECT_THAT(heard_frames(client), Each("ping"));
  loop.pass(1500ms);
  EXPECT_THAT(heard_frames(client), testing::Contains(R"({"type":"heartbeat"})"));
  say(client, frame("", ws::Opcode::pong));
  EXPECT_THAT(talk(client, R"({"type":"ping"})"), ElementsAre(R"({"type":"pong"})"));
  loop.pass(28s);
  EXPECT_THAT(heard_frames(client), Each("ping"));
  say(client, frame("", ws::Opcode::pong));
  loop.pass(3s);
  EXPECT_THAT(heard_frames(client), testing::Contains(R"({"type":"heartbeat"})"));
}

TEST_F(ServerSession, a_socket_that_takes_nothing_for_a_minute_is_closed_with_4103) {
  const int client = follow();
  sockets.end(client).room = 0;
  fanout.send(0, frame("much"));
  loop.pass(59s);
  EXPECT_FALSE(gone(client));
  EXPECT_EQ(closes(4103), 0U);
  loop.pass(30s);
  EXPECT_EQ(closes(4103), 1U);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerSession, a_socket_that_takes_a_little_now_and_then_stays_open_without_a_pong) {
  const int client = follow();
  loop.pass(26s);  // pinged
  sockets.end(client).room = 0;
  fanout.send(0, std::string(1000, 'x'));
  for (int i = 0; i < 20; ++i) {
    loop.pass(20s);
    ASSERT_FALSE(gone(client));
    sockets.end(client).room = 5;
    sockets.ready(client);
  }
  EXPECT_EQ(closes(4103) + closes(4108), 0U);
}

TEST_F(ServerSession, a_message_that_is_never_finished_is_closed_with_4103) {
  const int client = open();
  std::string fragment;
  ws::append_masked_frame(fragment, ws::Opcode::text, "x", {}, false);
  say(client, fragment);
  for (int i = 0; i < 9; ++i) {
    loop.pass(1s);
    std::string more;
    ws::append_masked_frame(more, ws::Opcode::continuation, "x", {}, false);
    EXPECT_THAT(frames(say(client, more)), IsEmpty());
  }
  loop.pass(1500ms);
  EXPECT_THAT(heard_frames(client), ElementsAre(StartsWith("close 4103")));
}

// The end

TEST_F(ServerSession, a_close_is_answered_with_its_code_and_the_socket_shut_behind_it) {
  const int client = follow();
  EXPECT_THAT(frames(say(client, frame(ws::close_payload(1001, "bye"), ws::Opcode::close))), ElementsAre("close 1001"));
  EXPECT_TRUE(sockets.end(client).write_shut);
  close(client);
  EXPECT_TRUE(gone(client));
  EXPECT_EQ(control.leavings.size(), 1U);
  EXPECT_EQ(closes(1001), 1U);
}

TEST_F(ServerSession, a_close_that_the_client_never_answers_ends_after_five_seconds) {
  const int client = open("/ws/channels/app:");
  EXPECT_THAT(heard_frames(client), testing::Contains(StartsWith("close 4000")));
  loop.pass(4s);
  EXPECT_FALSE(gone(client));
  loop.pass(1500ms);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerSession, a_client_that_answers_our_close_is_let_go) {
  const int client = open("/ws/channels/app:");
  heard(client);
  EXPECT_THAT(say(client, frame(ws::close_payload(4000, ""), ws::Opcode::close)), IsEmpty());
  EXPECT_TRUE(sockets.end(client).write_shut);
}

TEST_F(ServerSession, a_client_that_vanishes_follows_nothing_any_more) {
  const int client = follow();
  close(client);
  EXPECT_TRUE(gone(client));
  ASSERT_EQ(control.leavings.size(), 1U);
  EXPECT_EQ(control.leavings[0].follower, control.follows[0].follower);
  EXPECT_EQ(metrics.closes[CountedClose::lost].value(), 1U);
  EXPECT_EQ(metrics.active[family()].value(), 0);
  EXPECT_EQ(metrics.subscriptions[family()].value(), 0);
  EXPECT_EQ(metrics.connections.value(), 0);
  EXPECT_EQ(server->load(), 0U);
}

TEST_F(ServerSession, a_subscription_that_has_ended_follows_nothing_and_only_once) {
  const int client = open();
  heard(client);
  talk(client, R"({"type":"subscribe","id":1,"channel":"container:logs:)" + container + "\"}");
  const hub::Follower ended = control.follows.back().follower;
  subscribed(ended);
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("subscribed")));
  server->on_ended(ended.name);
  server->on_ended(ended.name);
  ASSERT_EQ(control.leavings.size(), 1U);
  EXPECT_EQ(control.leavings[0].follower, ended);
  EXPECT_EQ(metrics.subscriptions[family()].value(), 0);
  EXPECT_FALSE(gone(client)) << "the session goes on";
}

TEST_F(ServerSession, news_for_a_session_that_is_gone_touch_no_newcomer) {
  open("/ws/containers/web/logs");
  const int first = follow();
  const hub::Follower old = control.follows.back().follower;
  close(first);
  const int second = open();
  EXPECT_EQ(fanout.is_open(old.name.session), false);
  subscribed(old);
  server->on_refused(old.name, {base::Fault::internal, "x"});
  server->on_ended(old.name);
  EXPECT_THAT(heard_frames(second), IsEmpty());
}

TEST_F(ServerSession, a_socket_that_fails_in_a_send_is_removed_at_the_end_of_the_turn) {
  const int client = follow();
  sockets.end(client).failed = true;
  fanout.send(0, "x");
  fanout.flush();
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerSession, what_the_fan_out_observes_reaches_the_control_loop_with_the_number_of_this_one) {
  follow();
  const hub::Follower follower = control.follows.back().follower;
  server->on_behind(follower.name, {1, 0, {}});
  server->on_drained(follower.name, 512);
  EXPECT_THAT(control.behind, ElementsAre(follower));
  EXPECT_EQ(control.drained, 512U);
}

TEST_F(ServerSession, history_that_arrives_behind_a_close_is_not_sent) {
  const int client = follow();
  const hub::Follower follower = control.follows.back().follower;
  say(client, frame("\xff"));
  fanout.replay(follower.name, {"late"});
  EXPECT_THAT(heard(client), testing::Not(HasSubstr("late")));
}

}  // namespace
}  // namespace api::testing_bench
