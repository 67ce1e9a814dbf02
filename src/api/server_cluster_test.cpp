// What a Server tells of its sessions, and what it answers about those of the whole cluster.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using roster::SessionNews;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using What = SessionNews::What;

class ServerCluster : public ServerTest {
 protected:
  // What the control loop was told since.
  std::vector<SessionNews> told() {
    loop.pass(1s);
    return std::exchange(control.told, {});
  }
  std::string answer(int client, const roster::View& view) {
    control.looks.back().on_view(std::make_shared<const roster::View>(view));
    loop.settle();
    return heard(client);
  }
  static roster::View view() {
    roster::View view;
    roster::Instance instance;
    instance.id = "web-00ff";
    instance.label = "we\"b";
    instance.version = "0.1";
    instance.engines = {"engine-1"};
    instance.sessions = 1;
    view.instances.push_back(instance);
    return view;
  }
};

TEST_F(ServerCluster, a_session_is_told_from_its_opening_to_its_end) {
  const int client = open("/ws/containers/" + container + "/logs", v1);
  auto news = told();
  ASSERT_THAT(news, SizeIs(2));
  EXPECT_EQ(news[0].what, What::opened);
  EXPECT_EQ(news[0].address, "127.0.0.1:4711");
  EXPECT_EQ(news[0].subject, "anonymous");
  EXPECT_GT(news[0].connected, net::WallTime{});
  EXPECT_EQ(news[1].what, What::changed);
  EXPECT_EQ(news[1].number, news[0].number);
  EXPECT_EQ(news[1].subscriptions, 1U);
  const std::uint64_t number = news[0].number;
  EXPECT_THAT(heard(client), HasSubstr("one-ff-" + std::to_string(number))) << "by the name that it knows itself";

  subscribed(control.follows.back().follower);
  EXPECT_THAT(told(), IsEmpty()) << "nothing changed";
  close(client);
  news = told();
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].what, What::closed);
  EXPECT_EQ(news[0].number, number);
}

TEST_F(ServerCluster, what_a_session_follows_is_told_by_name_where_that_is_wanted) {
  settings.tells_channels = true;
  const int client = open("/ws", v1);
  say(client, frame(R"({"type":"subscribe","channel":"container:logs:)" + container + R"("})"));
  subscribed(control.follows.back().follower);
  say(client, frame(R"({"type":"subscribe","channel":"news"})"));
  subscribed(control.follows.back().follower);
  auto news = told();
  EXPECT_THAT(news.front().channels, IsEmpty());
  EXPECT_THAT(news.back().channels, ElementsAre("container:logs:" + container, "news"));
  say(client, frame(R"({"type":"unsubscribe","channel":"container:logs:)" + container + R"("})"));
  control.leavings.back().done();
  loop.settle();
  EXPECT_THAT(told().back().channels, ElementsAre("news"));
  close(client);
  EXPECT_THAT(told().back().channels, IsEmpty());
}

TEST_F(ServerCluster, many_changes_are_told_at_once) {
  const int client = open("/ws", v1);
  told();
  for (int i = 0; i < 20; ++i) {
    say(client, frame(R"({"type":"subscribe","channel":"docker:events"})"));
    subscribed(control.follows.back().follower);
    say(client, frame(R"({"type":"unsubscribe","channel":"docker:events"})"));
    control.leavings.back().done();
    loop.settle();
  }
  const auto news = told();
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].what, What::changed);
  EXPECT_EQ(news[0].subscriptions, 0U);
}

TEST_F(ServerCluster, who_it_is_is_told_when_it_has_said_so) {
  start({auth::Mode::token, "s3cret", false});
  const int client = open("/ws", v1);
  auto news = told();
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].subject, "");
  say(client, frame(R"({"type":"connect","id":1,"token":"s3cret"})"));
  news = told();
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].subject, "token");
}

TEST_F(ServerCluster, a_crowd_does_not_wait_for_the_next_turn_to_be_told) {
  start();
  for (int i = 0; i < 1000; ++i) open();
  EXPECT_THAT(control.told, SizeIs(1000));
  EXPECT_THAT(told(), SizeIs(1000));
}

TEST_F(ServerCluster, who_was_gone_before_it_was_told_is_told_in_order) {
  close(open());
  const auto news = told();
  ASSERT_THAT(news, SizeIs(2));
  EXPECT_EQ(news[0].what, What::opened);
  EXPECT_EQ(news[1].what, What::closed);
}

TEST_F(ServerCluster, requests_are_no_sessions) {
  say(connect(), request("/health/live"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(ServerCluster, the_instances_are_listed) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/api/instances")), IsEmpty());
  EXPECT_EQ(control.looks.at(0).kind, roster::Kind::instances);
  EXPECT_THAT(answer(client, view()),
              EndsWith("\r\n\r\n"
                       R"({"instances":[{"instance":"we\"b","id":"web-00ff","engines":["engine-1"],"sessions":1,)"
                       R"("channels":0,"readers":0,"started":"1970-01-01T00:00:00.000000000Z","version":"0.1"}]})"));
}

TEST_F(ServerCluster, the_sessions_are_listed) {
  const int client = connect();
  say(client, request("/api/sessions"));
  EXPECT_EQ(control.looks.at(0).kind, roster::Kind::sessions);
  roster::View all = view();
  all.sessions.push_back({"web-00ff-256", "web", "me", "::1", net::WallTime{1s}, 2});
  all.sessions.push_back({"web-00ff-512", "web", "", "", {}, 0});
  all.more = true;
  EXPECT_THAT(answer(client, all),
              EndsWith(R"({"sessions":[{"session":"web-00ff-256","instance":"web","subject":"me","address":"::1",)"
                       R"("connected":"1970-01-01T00:00:01.000000000Z","subscriptions":2},)"
                       R"({"session":"web-00ff-512","instance":"web","subject":null,"address":"",)"
                       R"("connected":"1970-01-01T00:00:00.000000000Z","subscriptions":0}],"more":true})"));
}

TEST_F(ServerCluster, the_channels_are_listed_and_what_is_missing_is_said) {
  const int client = connect();
  say(client, request("/api/channels"));
  EXPECT_EQ(control.looks.at(0).kind, roster::Kind::channels);
  roster::View all = view();
  all.channels = {{"container:logs:a", {3, "web"}}, {"docker:events", {1, ""}}};
  all.missing = "Redis is down";
  const std::string heard = answer(client, all);
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(heard, EndsWith(R"({"channels":[{"channel":"container:logs:a","followers":3,"reader":"web"},)"
                              R"({"channel":"docker:events","followers":1,"reader":null}],)"
                              R"("partial":true,"reason":"Redis is down"})"));
}

TEST_F(ServerCluster, nobody_is_told_without_credentials) {
  start({auth::Mode::token, "s3cret", false});
  for (const char* path : {"/api/instances", "/api/sessions", "/api/channels"})
    EXPECT_THAT(say(connect(), request(path)), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(control.looks, IsEmpty());
}

}  // namespace
}  // namespace api::testing_bench
