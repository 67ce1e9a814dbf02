// What a Server tells of containers, and what becomes of a connection while the control loop is asked.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ServerContainers : public ServerTest {};

TEST_F(ServerContainers, the_list_of_containers_is_what_the_Engine_says) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/api/containers?all=true&label=a&label=b%3Dc&name=web")), IsEmpty());
  ASSERT_EQ(control.listings.size(), 1U);
  EXPECT_TRUE(control.listings[0].query.all);
  EXPECT_THAT(control.listings[0].query.labels, testing::ElementsAre("a", "b=c"));
  EXPECT_THAT(control.listings[0].query.names, testing::ElementsAre("web"));

  docker::Container web;
  web.id = container;
  web.name = "web";
  web.image = "nginx";
  web.state = "running";
  web.status = "Up";
  web.labels = {{"com.docker.compose.project", "shop"}, {"we\"ird", "\n"}};
  control.listings[0].on_containers(Containers{{{"engine-1", web}}});
  const std::string answer = heard(client);
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(
      answer,
      HasSubstr(R"({"containers":[{"id":")" + container + R"(","name":"web","image":"nginx",)" +
                R"("state":"running","status":"Up","created":"1970-01-01T00:00:00.000000000Z","labels":)"
                R"({"com.docker.compose.project":"shop","we\"ird":"\n"},"project":"shop","engine":"engine-1"}]})"));
}

TEST_F(ServerContainers, a_beginning_that_stands_for_several_names_them) {
  const base::Error several{base::Fault::ambiguous, "ab stands for several containers"};
  const std::string named = R"("code":"ambiguous")", list = R"(,"candidates":[{"id":"ab1","name":"one"},{"id":"ab2",)";
  const int client = connect();
  const auto answers = [&] {
    ASSERT_EQ(control.questions.size(), 1U);
    EXPECT_EQ(control.questions[0].name, "ab");
    control.questions[0].on_resolved({several, {{"ab1", "one"}, {"ab2", "two"}}});
    control.questions.clear();
    const std::string answer = heard(client);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 409"));
    EXPECT_THAT(answer, HasSubstr(named));
    EXPECT_THAT(answer, HasSubstr(list));
  };
  say(client, request("/api/containers/ab"));
  control.inspections[0].on_inspected(several);
  answers();
  say(client, request("/api/containers/ab/logs"));
  ASSERT_EQ(control.downloads.size(), 1U);
  control.downloads[0].asked.told->on_download_ended(control.downloads[0].asked.asker.name, several);
  answers();
  say(client, request("/api/channels/container:logs:ab/stream"));
  answers();
}

TEST_F(ServerContainers, one_container_is_told_with_the_Engines_own_answer) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/api/containers/we%62")), IsEmpty());
  ASSERT_EQ(control.inspections.size(), 1U);
  EXPECT_EQ(control.inspections[0].name, "web");
  docker::Container web;
  web.id = container;
  web.name = "web";
  control.inspections[0].on_inspected(Inspected{"engine-1", web, R"({"Id":"x","State":{}})"});
  const std::string answer = heard(client);
  EXPECT_THAT(answer, HasSubstr(R"({"id":")" + container + R"(","name":"web",)"));
  EXPECT_THAT(answer, HasSubstr(R"("engine":"engine-1","inspect":{"Id":"x","State":{}}})"));

  say(client, request("/api/containers/none"));
  control.inspections[1].on_inspected(base::Error{base::Fault::not_found, "No such container: none"});
  EXPECT_THAT(control.questions, IsEmpty());
  EXPECT_THAT(heard(client), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(say(client, request("/api/containers/web/none")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(say(client, request("/api/containers/")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(say(client, "POST /api/containers/web HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_EQ(control.inspections.size(), 2U);
}

TEST_F(ServerContainers, a_request_behind_one_that_waits_for_the_Engine_waits_too) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/api/containers") + request("/health/live")), IsEmpty());
  EXPECT_THAT(say(client, request("/nothing")), IsEmpty());
  control.listings[0].on_containers(base::Error{base::Fault::timed_out, "No answer"});
  EXPECT_THAT(heard(client), testing::ContainsRegex("503 Service(.|\n)*unavailable(.|\n)*200 OK(.|\n)*404 Not"));
}

TEST_F(ServerContainers, a_client_that_left_is_noticed_when_it_is_answered) {
  const int client = connect();
  say(client, request("/api/containers"));
  sockets.end(client).failed = true;
  control.listings[0].on_containers(Containers{});
  loop.pass(1s);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerContainers, a_client_that_half_closes_still_gets_its_answer) {
  const int client = connect();
  say(client, request("/api/containers"));
  close(client);
  ASSERT_FALSE(gone(client));
  control.listings[0].on_containers(Containers{});
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerContainers, all_that_is_neither_true_nor_false_is_a_bad_request) {
  EXPECT_THAT(say(connect(), request("/api/containers?all=maybe")), StartsWith("HTTP/1.1 400"));
}

}  // namespace
}  // namespace api::testing_bench
