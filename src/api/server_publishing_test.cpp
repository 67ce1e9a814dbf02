// How fast a client may say something to others, and what it is told beyond that.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ServerPublishing : public ServerTest {
 protected:
  ServerPublishing() {
    settings.publishes_per_second = 10;
    settings.rate_credit = 1s;
  }
  // What became of it, if anything yet; it waits for the store otherwise.
  std::string post(int client, const std::string& path = "/api/publish",
                   const std::string& body = R"({"channel":"app:chat","data":1})") {
    return say(client, "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::vector<std::string> publish(int client) {
    const std::size_t before = control.publications.size();
    const auto heard = talk(client, R"({"type":"publish","id":1,"channel":"app:chat","data":1})");
    if (control.publications.size() == before) return heard;
    control.publications.back().on_published(messages::Published{{0xff, 1}, false});
    loop.settle();
    server->on_turn_end();
    return heard_frames(client);
  }
};

TEST_F(ServerPublishing, beyond_the_rate_it_is_refused_and_the_session_goes_on) {
  const int client = open("/ws", v1), other = open("/ws", v1);
  talk(client, R"({"type":"connect"})");
  talk(other, R"({"type":"connect"})");
  for (int i = 0; i < 10; ++i) EXPECT_THAT(publish(client), ElementsAre(HasSubstr(R"("type":"published")"))) << i;
  for (int i = 0; i < 100; ++i)
    ASSERT_THAT(publish(client),
                ElementsAre(AllOf(HasSubstr(R"("type":"error","id":1)"), HasSubstr(R"("code":"rate_limited")"),
                                  HasSubstr(R"("retry":true)"))));
  EXPECT_EQ(control.publications.size(), 10U);
  EXPECT_EQ(struck(Limit::publishes), 100U);
  EXPECT_EQ(struck(Limit::commands), 0U);
  EXPECT_THAT(publish(other), ElementsAre(HasSubstr("published"))) << "each connection has its own";
  EXPECT_THAT(talk(client, R"({"type":"ping"})"), ElementsAre(R"({"type":"pong"})"));
  loop.pass(200ms);
  for (int i = 0; i < 2; ++i) EXPECT_THAT(publish(client), ElementsAre(HasSubstr("published"))) << "it refills";
  EXPECT_THAT(publish(client), ElementsAre(HasSubstr("rate_limited")));
}

TEST_F(ServerPublishing, over_http_an_address_has_one_rate_for_all_its_connections_and_letters_count) {
  const net::PeerAddress crowd("\xc0\x01\x02\x01", 1), other("\xc0\x01\x02\x02", 1);
  start();
  for (int i = 0; i < 8; ++i) post(connect(crowd));
  EXPECT_EQ(control.publications.size(), 8U);
  post(connect(crowd), "/api/users/ann/send", R"({"data":1})");
  post(connect(crowd), "/api/sessions/one-ff-1536/send", R"({"data":1})");
  EXPECT_EQ(control.letters.size(), 2U);
  const auto refused = AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("Retry-After: 1\r\n"), HasSubstr("rate_limited"));
  EXPECT_THAT(post(connect(crowd)), refused);
  EXPECT_THAT(post(connect(crowd), "/api/users/ann/send", R"({"data":1})"), refused);
  EXPECT_EQ(struck(Limit::publishes), 2U);
  post(connect(other));
  EXPECT_EQ(control.publications.size(), 9U);
  loop.pass(100ms);
  post(connect(crowd));
  EXPECT_EQ(control.publications.size(), 10U) << "it refills";
}

TEST_F(ServerPublishing, over_http_connections_of_this_machine_have_one_each) {
  for (int i = 0; i < 30; ++i) post(connect());
  EXPECT_EQ(control.publications.size(), 30U);
  const int client = connect();
  for (int i = 0; i < 10; ++i) {
    post(client);
    control.publications.back().on_published(messages::Published{{0xff, 1}, false});
    loop.settle();
    EXPECT_THAT(heard(client), StartsWith("HTTP/1.1 200")) << i;
  }
  EXPECT_THAT(post(client), StartsWith("HTTP/1.1 429"));
}

}  // namespace
}  // namespace api::testing_bench
