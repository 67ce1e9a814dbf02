// GET /api/channels/{channel}/stream: a channel as the body of an HTTP answer.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using feeds::Form;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class StreamTest : public ServerTest {
 protected:
  const std::string logs = "/api/channels/container:logs:" + container + "/stream";

  // The whole way: asked, resolved, followed, answered.
  int stream(const std::string& target, const std::string& headers = {}) {
    const int socket = connect();
    EXPECT_EQ(say(socket, request(target, headers)), "");
    if (!control.questions.empty()) answer_question();
    return socket;
  }
  void answer_question() {
    auto question = std::move(control.questions.back());
    control.questions.pop_back();
    question.on_resolved({container});
    loop.settle();
  }
  std::string begin(int socket, const feeds::Subscribed& answer = {"p1.x", "", "", {}}) {
    server->on_subscribed(control.follows.back().follower.name, answer);
    loop.settle();
    return heard(socket);
  }
};

TEST_F(StreamTest, IsAnEventStreamThatBeginsWithItsPosition) {
  const int socket = stream(logs + "?tail=5&stderr=false");
  ASSERT_EQ(control.follows.size(), 1U);
  const feeds::Follow& follow = control.follows[0];
  EXPECT_EQ(follow.container, container);
  EXPECT_EQ(follow.shape, (feeds::Shape{Form::event_stream, true, false}));
  EXPECT_EQ(follow.start.tail, 5U);
  const std::string answer = begin(socket);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/event-stream\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Accel-Buffering: no\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nevent: subscribed\nid: p1.x\ndata: {\"type\":\"subscribed\",\"channel\":"
                                "\"container:logs:" +
                                container + "\",\"position\":\"p1.x\"}\n\n"));
}

TEST_F(StreamTest, IsLinesOfJsonForWhoAcceptsThem) {
  const int socket = stream(logs, "Accept: application/x-ndjson\r\n");
  EXPECT_EQ(control.follows.back().shape.form, Form::json_lines);
  const std::string answer = begin(socket);
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/x-ndjson\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << "only messages of the channel are lines";
}

TEST_F(StreamTest, OfAChannelOfNoContainerFollowsThatOne) {
  const int app = stream("/api/channels/app:room/stream", "Last-Event-ID: 0123456789abcdef:7\r\n");
  EXPECT_EQ(control.follows.back().source, feeds::Source::app);
  EXPECT_EQ(control.follows.back().container, "room");
  EXPECT_TRUE(control.follows.back().start.message);
  EXPECT_THAT(begin(app), HasSubstr(R"("channel":"app:room")"));
  const int plain = stream("/api/channels/news/stream");
  EXPECT_EQ(control.follows.back().container, "news");
  EXPECT_THAT(begin(plain), HasSubstr(R"("channel":"news")"));
}

TEST_F(StreamTest, ResumesByTheLastEventId) {
  stream("/api/channels/docker:events/stream?since=e1.7.1.1", "Last-Event-ID: e1.7.2.1\r\n");
  const feeds::Follow& follow = control.follows.back();
  EXPECT_EQ(follow.source, feeds::Source::docker_events);
  EXPECT_EQ(follow.start.events, (docker::EventPositions{{{7, 2, 1}}}));
}

TEST_F(StreamTest, ThatResumesIsNotBoundByTheTailItBeganWith) {
  const std::string position = docker::Position{}.print();
  stream(logs + "?tail=3&stderr=false", "Last-Event-ID: " + position + "\r\n");
  const feeds::Follow& follow = control.follows.back();
  EXPECT_TRUE(follow.start.after);
  EXPECT_FALSE(follow.start.tail);
  EXPECT_FALSE(follow.shape.err);
}

TEST_F(StreamTest, OfWhatCannotBeFollowedIsRefusedAsAnyRequest) {
  const int socket = connect();
  EXPECT_THAT(say(socket, request("/api/channels/user:x/stream")), StartsWith("HTTP/1.1 501 "));
  const int reserved = connect();
  EXPECT_THAT(say(reserved, request("/api/channels/container:exec:web/stream?since=1")), StartsWith("HTTP/1.1 501 "));
  const int bad = connect();
  EXPECT_THAT(say(bad, request(logs + "?tail=some")), StartsWith("HTTP/1.1 400 "));
  const int post = connect();
  EXPECT_THAT(say(post, "POST " + logs + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  const int unknown = connect();
  say(unknown, request("/api/channels/container:logs:nobody/stream"));
  auto question = std::move(control.questions.back());
  question.on_resolved({base::Error{base::Fault::not_found, "No such container: nobody"}});
  loop.settle();
  EXPECT_THAT(heard(unknown), StartsWith("HTTP/1.1 404 "));
  const int refused = stream(logs);
  server->on_refused(control.follows.back().follower.name, {base::Fault::unsupported, "none keeps nothing"});
  loop.settle();
  EXPECT_THAT(heard(refused), StartsWith("HTTP/1.1 501 "));
}

TEST_F(StreamTest, AsksForCredentialsWhereTheyAreNeeded) {
  start({auth::Mode::token, "secret", false});
  const int socket = connect();
  EXPECT_THAT(say(socket, request(logs)), StartsWith("HTTP/1.1 401 "));
  const int plain = connect();
  EXPECT_THAT(say(plain, request("/api/channels/news/stream")), StartsWith("HTTP/1.1 401 "));
  EXPECT_TRUE(control.questions.empty());
}

TEST_F(StreamTest, EndsWithItsClient) {
  const int socket = stream(logs);
  begin(socket);
  close(socket);
  loop.settle();
  EXPECT_TRUE(gone(socket));
  ASSERT_EQ(control.leavings.size(), 1U);
  EXPECT_EQ(control.leavings[0].follower, control.follows[0].follower);
  EXPECT_THAT(registry.expose(), HasSubstr("dockcast_subscriptions{channel=\"container:logs\"} 0"));
}

TEST_F(StreamTest, EndsWithItsChannel) {
  const int socket = stream(logs);
  begin(socket);
  server->on_ended(control.follows[0].follower.name);
  loop.settle();
  EXPECT_TRUE(sockets.end(socket).write_shut);
}

TEST_F(StreamTest, WhoseClientLeavesWhileItIsAskedForIsForgotten) {
  const int socket = connect();
  say(socket, request(logs));
  sockets.end(socket).failed = true;
  close(socket);
  loop.settle();
  answer_question();
  EXPECT_LE(control.follows.size(), 1U);
}

TEST_F(StreamTest, IsKeptAliveWhileNothingIsSaid) {
  const int socket = stream(logs);
  begin(socket);
  loop.pass(settings.heartbeat_interval + std::chrono::seconds(1));
  EXPECT_EQ(heard(socket), ": heartbeat\n\n");
  const int lines = stream(logs, "Accept: application/x-ndjson\r\n");
  begin(lines);
  loop.pass(settings.heartbeat_interval + std::chrono::seconds(1));
  EXPECT_EQ(heard(lines), "{\"type\":\"heartbeat\"}\n");
}

TEST_F(StreamTest, WhoseSocketTakesNothingIsCut) {
  const int socket = stream(logs);
  begin(socket);
  sockets.end(socket).room = 0;
  loop.pass(settings.heartbeat_interval + settings.progress_timeout + std::chrono::seconds(2));
  EXPECT_TRUE(gone(socket));
  EXPECT_EQ(control.leavings.size(), 1U);
}

TEST_F(StreamTest, OfAHeadRequestIsItsHead) {
  const int socket = connect();
  say(socket, "HEAD " + logs + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  answer_question();
  const std::string answer = heard(socket);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_TRUE(control.follows.empty());
}

TEST_F(StreamTest, EndsWhenTheInstanceLeaves) {
  const int first = stream(logs);
  begin(first);
  const int second = stream(logs);
  begin(second);
  Departures departures(1);
  bool left = false;
  server->notice();
  server->leave(departures, [&] { left = true; });
  loop.settle();
  EXPECT_TRUE(sockets.end(first).write_shut);
  EXPECT_FALSE(sockets.end(second).write_shut) << "one a second";
  loop.pass(std::chrono::seconds(1));
  EXPECT_TRUE(sockets.end(second).write_shut);
  EXPECT_FALSE(left);
  for (const int socket : {first, second}) close(socket);
  loop.pass(std::chrono::seconds(1));
  EXPECT_TRUE(left);
}

}  // namespace
}  // namespace api::testing_bench
