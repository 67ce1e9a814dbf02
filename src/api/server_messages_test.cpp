// Application channels, and what is said to sessions and users: the commands, the requests, and who is told.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ServerMessages : public ServerTest {
 protected:
  int hello() {
    const int client = open("/ws", v1);
    talk(client, R"({"type":"connect"})");
    return client;
  }
  std::string post(const std::string& path, const std::string& body, const std::string& more = json) {
    return say(connect(), "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n" + more + "\r\n" + body);
  }
  template <class Waiting, class Answer>
  std::vector<std::string> answer(int client, Waiting& waiting, Answer&& with) {
    waiting(std::forward<Answer>(with));
    loop.settle();
    server->on_turn_end();
    return heard_frames(client);
  }
  std::string session_of(int client) {
    const std::string text = talk(client, R"({"type":"connect"})").at(0);
    const std::size_t begin = text.find("one-ff-");
    return text.substr(begin, text.find('"', begin) - begin);
  }
  static inline const std::string json = "Content-Type: application/json\r\n";
};

TEST_F(ServerMessages, what_is_published_goes_on_as_it_was_written_and_is_answered_once_it_is_stored) {
  const int client = hello();
  EXPECT_THAT(
      talk(client, R"({"type":"publish","id":1,"channel":"app:chat","message_id":"m","data":{"a":[1,"}"],"b":1e400}})"),
      IsEmpty());
  ASSERT_EQ(control.publications.size(), 1U);
  const messages::Publication& said = control.publications[0].publication;
  EXPECT_EQ(said.channel, "app:chat");
  EXPECT_EQ(said.data, R"({"a":[1,"}"],"b":1e400})");
  EXPECT_EQ(said.message_id, "m");
  EXPECT_EQ(said.from, "anonymous");
  EXPECT_THAT(
      answer(client, control.publications[0].on_published, messages::Published{{0xff, 5}, true}),
      ElementsAre(
          R"({"type":"published","id":1,"channel":"app:chat","position":"00000000000000ff:5","duplicate":true})"));
}

TEST_F(ServerMessages, commands_behind_a_publication_wait_for_its_answer) {
  const int client = hello();
  talk(client, R"({"type":"publish","id":1,"channel":"app:chat","data":1})");
  EXPECT_THAT(talk(client, R"({"type":"ping","id":2})"), IsEmpty());
  EXPECT_THAT(
      answer(client, control.publications[0].on_published, base::Error{base::Fault::unknown_outcome, "Nobody said"}),
      ElementsAre(HasSubstr(R"("code":"unknown_outcome")"), R"({"type":"pong","id":2})"));
}

TEST_F(ServerMessages, what_is_wrong_with_a_publication_is_said) {
  const int client = hello();
  const std::string long_id(65, 'x');
  for (const std::string& wrong :
       {std::string(R"("channel":"app:chat")"), std::string(R"("channel":"app:chat","data":1,"message_id":7)"),
        std::string(R"("channel":"app:chat","data":1,"message_id":"")"),
        R"("channel":"app:chat","data":1,"message_id":")" + long_id + "\"", std::string(R"("data":1)"),
        std::string(R"("channel":"app:a b","data":1)")})
    EXPECT_THAT(talk(client, R"({"type":"publish","id":1,)" + wrong + "}"),
                ElementsAre(AllOf(HasSubstr(R"("id":1)"), HasSubstr(R"("code":"bad_request")"))))
        << wrong;
  EXPECT_THAT(talk(client, R"({"type":"publish","id":1,"channel":"news","data":1})"),
              ElementsAre(HasSubstr(R"("code":"forbidden")")));
  EXPECT_THAT(control.publications, IsEmpty());
}

TEST_F(ServerMessages, a_request_publishes_too) {
  const int client = connect();
  say(client, "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 34\r\n" + json +
                  "\r\n{\"channel\":\"app:chat\",\n\"data\":[1]}");
  ASSERT_EQ(control.publications.size(), 1U);
  EXPECT_EQ(control.publications[0].publication.data, "[1]");
  control.publications[0].on_published(messages::Published{{1, 2}, false});
  loop.settle();
  EXPECT_THAT(heard(client),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr(R"({"position":"0000000000000001:2","duplicate":false})")));

  EXPECT_THAT(post("/api/publish", R"({"channel":"news","data":1})"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post("/api/publish", R"({"channel":"app:x"})"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(post("/api/publish", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(post("/api/publish", R"({"channel":"app:x","data":1})", ""), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(post("/api/publish", R"({"channel":"app:x","data":1})", json + "Origin: http://evil.example\r\n"),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(say(connect(), request("/api/publish")), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: POST")));
  EXPECT_EQ(control.publications.size(), 1U);
}

TEST_F(ServerMessages, a_channel_is_followed_from_a_position_and_unwrapped_on_its_path) {
  const int client = hello();
  talk(client, R"({"type":"subscribe","id":1,"channel":"app:chat","since":"00000000000000ff:5"})");
  ASSERT_EQ(control.follows.size(), 1U);
  EXPECT_EQ(control.follows[0].source, feeds::Source::app);
  EXPECT_EQ(control.follows[0].container, "chat");
  EXPECT_EQ(control.follows[0].start.message, (messages::Position{0xff, 5}));
  EXPECT_EQ(control.follows[0].shape.form, feeds::Form::batch);
  subscribed(control.follows[0].follower);
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr(R"("channel":"app:chat")")));
  EXPECT_THAT(talk(client, R"({"type":"subscribe","id":2,"channel":"app:more","since":"10m"})"),
              ElementsAre(HasSubstr(R"("code":"bad_request")")));

  open("/ws/channels/app:chat", v1);
  EXPECT_EQ(control.follows.back().shape.form, feeds::Form::payload);
  open("/ws/channels/news%2fworld");
  EXPECT_EQ(control.follows.back().source, feeds::Source::plain);
  EXPECT_EQ(control.follows.back().container, "news/world");
  EXPECT_EQ(control.follows.back().shape.form, feeds::Form::payload);
}

TEST_F(ServerMessages, history_is_a_page_of_the_channel) {
  const int client = hello();
  talk(client, R"({"type":"history","id":1,"channel":"app:chat","before":"00000000000000ff:5","limit":2})");
  ASSERT_EQ(control.readings.size(), 1U);
  EXPECT_EQ(control.readings[0].channel, "app:chat");
  EXPECT_EQ(control.readings[0].range.before, 5U);
  EXPECT_EQ(control.readings[0].range.messages_max, 2U);
  messages::Page page;
  page.state.top = {0xff, 9};
  page.items = {{{0xff, 3}, {}, {}, "ann", "3"}, {{0xff, 4}, {}, "m", {}, "4"}};
  EXPECT_THAT(answer(client, control.readings[0].on_page, page),
              ElementsAre(AllOf(HasSubstr(R"("position":"00000000000000ff:3")"), HasSubstr(R"("from":"ann","data":3)"),
                                HasSubstr(R"("message_id":"m","data":4)"),
                                HasSubstr(R"("first":"00000000000000ff:3","last":"00000000000000ff:4","more":true)"))));
  talk(client, R"({"type":"history","id":2,"channel":"app:chat","since":"00000000000000ff:1"})");
  page.state.oldest = 3;
  page.state.top.offset = 4;
  EXPECT_THAT(answer(client, control.readings[1].on_page, page),
              ElementsAre(AllOf(HasSubstr(R"("items":[{"type":"gap")"), HasSubstr(R"("reason":"trimmed")"),
                                HasSubstr(R"("last":"00000000000000ff:4","more":false)"))));
}

TEST_F(ServerMessages, what_is_said_to_a_session_or_a_user_arrives_without_a_subscription) {
  const int one = open("/ws", v1), two = open("/ws", v1), plain = open("/ws/channels/news");
  const std::string name = session_of(one);
  talk(two, R"({"type":"connect"})");
  EXPECT_EQ(server->deliver({false, name, R"({"x":1})"}), 1U);
  server->on_turn_end();
  EXPECT_THAT(heard_frames(one),
              ElementsAre(R"({"type":"message","channel":"session:)" + name + R"(","data":{"x":1}})"));
  EXPECT_THAT(heard_frames(two), IsEmpty());
  for (const char* nobody : {"", "one-ff", "one-ff-", "one-ff-x", "one-ff-1", "two-ff-1536"})
    EXPECT_EQ(server->deliver({false, nobody, "1"}), 0U) << nobody;

  EXPECT_EQ(server->deliver({true, "anonymous", "7"}), 3U);
  server->on_turn_end();
  EXPECT_THAT(heard_frames(two), ElementsAre(R"({"type":"message","channel":"user:anonymous","data":7})"));
  EXPECT_THAT(heard_frames(plain), ElementsAre(HasSubstr(R"("channel":"user:anonymous")")));
  EXPECT_EQ(server->deliver({true, "bob", "7"}), 0U);
  close(two);
  EXPECT_EQ(server->deliver({true, "anonymous", "8"}), 2U);
}

TEST_F(ServerMessages, whoever_sends_is_told_how_many_were_reached) {
  const auto sent = [this](const std::string& path, const base::Result<std::uint64_t>& reached) {
    const int client = connect();
    say(client, "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n" + json + "\r\n{\"data\":1}");
    control.letters.back().on_reached(reached);
    loop.settle();
    return heard(client);
  };
  EXPECT_THAT(sent("/api/users/a%20b/send", 2), AllOf(StartsWith("HTTP/1.1 202"), HasSubstr(R"({"sessions":2})")));
  EXPECT_TRUE(control.letters.back().letter.to_subject);
  EXPECT_EQ(control.letters.back().letter.to, "a b");
  EXPECT_EQ(control.letters.back().letter.data, "1");
  EXPECT_THAT(sent("/api/users/bob/send", 0), AllOf(StartsWith("HTTP/1.1 202"), HasSubstr(R"({"sessions":0})")));
  EXPECT_THAT(sent("/api/sessions/one-ff-1536/send", 1), StartsWith("HTTP/1.1 202"));
  EXPECT_FALSE(control.letters.back().letter.to_subject);
  EXPECT_THAT(sent("/api/sessions/one-ff-1536/send", 0), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(sent("/api/sessions/x-1/send", base::Error{base::Fault::unavailable, "Redis"}),
              StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(post("/api/users/bob/send", "{}"), StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerMessages, nobody_follows_what_is_said_to_another) {
  const int client = hello();
  EXPECT_THAT(talk(client, R"({"type":"subscribe","id":1,"channel":"user:bob"})"),
              ElementsAre(HasSubstr(R"("code":"forbidden")")));
  EXPECT_THAT(talk(client, R"({"type":"subscribe","id":2,"channel":"session:one-ff-1"})"),
              ElementsAre(HasSubstr(R"("code":"forbidden")")));
  talk(client, R"({"type":"subscribe","id":3,"channel":"user:anonymous"})");
  EXPECT_EQ(control.follows.back().source, feeds::Source::user);
}

TEST_F(ServerMessages, who_is_on_a_channel_is_told) {
  const int client = hello();
  talk(client, R"({"type":"presence","id":4,"channel":"app:chat"})");
  ASSERT_EQ(control.presences.size(), 1U);
  EXPECT_EQ(control.presences[0].channel, "app:chat");
  const feeds::Presence one{1, {{"one-ff-1", "ann", "one-ff"}}};
  const std::string text =
      R"("channel":"app:chat","sessions":[{"session":"one-ff-1","subject":"ann","instance":"one-ff"}],"count":1})";
  EXPECT_THAT(answer(client, control.presences[0].on_presence, one),
              ElementsAre(R"({"type":"presence","id":4,)" + text));
  const int asker = connect();
  say(asker, request("/api/channels/app%3Achat/presence"));
  control.presences.back().on_presence(one);
  loop.settle();
  EXPECT_THAT(heard(asker), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("{" + text)));
  EXPECT_THAT(say(connect(), request("/api/channels/news/presence")), StartsWith("HTTP/1.1 501"));
}

TEST_F(ServerMessages, who_follows_is_known_by_name_and_may_watch) {
  const int client = hello();
  talk(client, R"({"type":"subscribe","id":1,"channel":"app:chat","presence":true})");
  EXPECT_THAT(control.follows.back().who.session, StartsWith("one-ff-"));
  EXPECT_EQ(control.follows.back().who.subject, "anonymous");
  EXPECT_TRUE(control.follows.back().who.watches);
  subscribed(control.follows.back().follower);
  heard(client);
  EXPECT_THAT(talk(client, R"({"type":"subscribe","id":2,"channel":"app:b","presence":"perhaps"})"),
              ElementsAre(HasSubstr(R"("code":"bad_request")")));
}

}  // namespace
}  // namespace api::testing_bench
