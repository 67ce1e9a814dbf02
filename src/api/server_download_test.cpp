// A container's log as the body of an answer: what may be asked, and how it ends.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Form = feeds::Download::Form;

class ServerDownload : public ServerTest {
 protected:
  feeds::Download& ask(int client, const std::string& request) {
    const std::size_t before = control.downloads.size();
    EXPECT_THAT(say(client, request), IsEmpty());
    EXPECT_EQ(control.downloads.size(), before + 1);
    return control.downloads.back().asked;
  }
  void begin(const feeds::Download& asked) { server->on_download_begun(asked.asker.name); }
  void piece(const feeds::Download& asked, std::string_view text) {
    server->on_download_piece(asked.asker.name, text);
    server->on_turn_end();
  }
  void end(const feeds::Download& asked, const std::optional<base::Error>& error = {}) {
    server->on_download_ended(asked.asker.name, error);
    server->on_turn_end();
  }
  static std::string old_request(const std::string& target, const std::string& headers = {}) {
    return "GET " + target + " HTTP/1.0\r\nHost: localhost\r\n" + headers + "\r\n";
  }
  static std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
};

const base::Error cut{base::Fault::closed, "The Engine went away"};

TEST_F(ServerDownload, the_log_comes_in_chunks_and_the_connection_goes_on) {
  const int client = connect();
  const feeds::Download asked = ask(client, request("/api/containers/web/logs?tail=5&stderr=0&timestamps=1"));
  EXPECT_EQ(control.downloads[0].name, "web");
  EXPECT_EQ(asked.form, Form::stamped);
  EXPECT_EQ(asked.start.tail, 5U);
  EXPECT_TRUE(asked.out && !asked.err && !asked.nothing);
  begin(asked);
  EXPECT_THAT(heard(client), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"),
                                   HasSubstr("Content-Type: text/plain; charset=utf-8\r\n")));
  piece(asked, "one\ntwo\n");
  EXPECT_EQ(heard(client), "8\r\none\ntwo\n\r\n");
  EXPECT_GT(control.drained, 0U) << "the next piece may come";
  end(asked);
  EXPECT_EQ(heard(client), "0\r\n\r\n");
  EXPECT_THAT(say(client, request("/health/live")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(say(client, upgrade("/ws")), StartsWith("HTTP/1.1 101")) << "its subscription is free again";
  EXPECT_THAT(control.ended_downloads, IsEmpty());
}

TEST_F(ServerDownload, every_parameter_is_understood_and_a_bad_one_is_named) {
  const int client = connect();
  const feeds::Download times = ask(client, request("/api/containers/web/logs?since=10m&until=1699999999.5&tail=all",
                                                    "Accept: text/html, Application/X-NDJSON;q=0.9\r\n"));
  EXPECT_EQ(times.form, Form::json);
  EXPECT_EQ(times.start.since_ns, (1'700'000'000LL - 600) * 1'000'000'000);
  EXPECT_EQ(times.until_ns, 1'699'999'999'500'000'000);
  EXPECT_FALSE(times.start.tail || times.start.after || times.until);
  end(times, base::Error{base::Fault::not_found, "No such container: web"});
  EXPECT_THAT(heard(client), AllOf(StartsWith("HTTP/1.1 404"), HasSubstr(R"("code":"not_found")")));

  docker::Position position;
  position.marks[0] = {5, 1};
  const std::string p = position.print();
  const feeds::Download places = ask(
      client, request("/api/containers/web/logs?since=" + p + "&until=" + p, "Accept: application/x-ndjson;q=0\r\n"));
  EXPECT_EQ(places.form, Form::text);
  EXPECT_EQ(places.start.after, position);
  EXPECT_EQ(places.until, position);
  end(places, base::Error{base::Fault::unsupported, "configured logging driver does not support reading"});
  EXPECT_THAT(heard(client), AllOf(StartsWith("HTTP/1.1 501"), HasSubstr(R"("code":"unsupported")")));

  for (const std::string name : {"tail", "since", "until", "stdout", "stderr", "timestamps"}) {
    const std::string answer = say(client, request("/api/containers/web/logs?" + name + "=nonsense"));
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400"), HasSubstr(R"("detail":")" + name + " is ")));
  }
  EXPECT_THAT(say(client, request("/api/containers/web/logs?stdout=0&stderr=0")), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(control.downloads.size(), 2U);
}

TEST_F(ServerDownload, only_paths_that_name_one_container_are_downloads) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/api/containers//logs")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(say(client, request("/api/containers/a/b/logs")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(say(client, "POST /api/containers/a/logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(control.downloads, IsEmpty());
}

TEST_F(ServerDownload, nobody_without_credentials_gets_a_log) {
  start({auth::Mode::token, "s3cret", false});
  const int client = connect();
  EXPECT_THAT(say(client, request("/api/containers/web/logs")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(control.downloads, IsEmpty());
  ask(client, request("/api/containers/web/logs", "Authorization: Bearer s3cret\r\n"));
}

TEST_F(ServerDownload, HEAD_is_answered_by_the_head_alone) {
  const int client = connect();
  const feeds::Download asked = ask(client, "HEAD /api/containers/web/logs HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(asked.nothing);
  begin(asked);
  end(asked);
  EXPECT_THAT(heard(client),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n"), Not(HasSubstr("\r\n0\r\n"))));
  EXPECT_THAT(say(client, request("/health/live")), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerDownload, to_an_old_client_the_end_is_the_close) {
  const int client = connect();
  const feeds::Download asked = ask(client, old_request("/api/containers/web/logs", "Connection: keep-alive\r\n"));
  begin(asked);
  piece(asked, "one\n");
  end(asked);
  const std::string answer = heard(client);
  EXPECT_THAT(answer, AllOf(HasSubstr("Connection: close\r\n"), Not(HasSubstr("chunked"))));
  EXPECT_EQ(body(answer), "one\n");
  EXPECT_TRUE(sockets.end(client).write_shut);
  EXPECT_EQ(sockets.resets, 0);
}

TEST_F(ServerDownload, a_log_that_is_cut_off_is_never_ended_as_if_it_were_whole) {
  const int client = connect(), old = connect();
  const feeds::Download asked = ask(client, request("/api/containers/web/logs"));
  const feeds::Download asked_old = ask(old, old_request("/api/containers/web/logs"));
  for (const auto& each : {asked, asked_old}) {
    begin(each);
    piece(each, "one\n");
    end(each, cut);
  }
  EXPECT_THAT(body(heard(client)), "4\r\none\n\r\n") << "the last chunk is missing";
  EXPECT_TRUE(sockets.end(client).write_shut);
  EXPECT_TRUE(gone(old));
  EXPECT_EQ(sockets.resets, 1);
}

TEST_F(ServerDownload, whoever_leaves_ends_its_download) {
  const int client = connect();
  const feeds::Download asked = ask(client, request("/api/containers/web/logs"));
  begin(asked);
  sockets.end(client).failed = true;
  piece(asked, "one\n");
  EXPECT_TRUE(gone(client));
  EXPECT_THAT(control.ended_downloads, testing::ElementsAre(asked.asker));
  piece(asked, "two\n");
  end(asked, cut);
}

TEST_F(ServerDownload, whoever_left_before_its_container_was_found_ends_it_when_it_begins) {
  const int client = connect();
  const feeds::Download asked = ask(client, request("/api/containers/web/logs"));
  sockets.end(client).failed = true;
  sockets.end(client).room = 0;
  server->on_broken(0);
  EXPECT_TRUE(gone(client));
  control.ended_downloads.clear();
  begin(asked);
  EXPECT_THAT(control.ended_downloads, testing::ElementsAre(asked.asker));
}

TEST_F(ServerDownload, a_slow_socket_has_time_and_one_that_stands_still_is_reset) {
  settings.progress_timeout = 60s;
  const int client = connect();
  const feeds::Download asked = ask(client, request("/api/containers/web/logs"));
  loop.pass(300s);
  EXPECT_FALSE(gone(client)) << "it waits its turn";
  begin(asked);
  sockets.end(client).room = 5;
  piece(asked, "one\ntwo\n");
  const std::size_t drained = control.drained;
  loop.pass(50s);
  sockets.end(client).room = 3;
  sockets.ready(client);
  loop.pass(50s);
  EXPECT_FALSE(gone(client)) << "it took some";
  EXPECT_EQ(control.drained, drained) << "but not all of the piece";
  loop.pass(20s);
  EXPECT_TRUE(gone(client));
  EXPECT_EQ(sockets.resets, 1);
  EXPECT_THAT(control.ended_downloads, testing::ElementsAre(asked.asker));
}

TEST_F(ServerDownload, requests_that_came_meanwhile_are_answered_behind_it) {
  const int client = connect();
  const feeds::Download asked = ask(client, request("/api/containers/web/logs") + request("/health/live"));
  begin(asked);
  heard(client);
  end(asked);
  EXPECT_THAT(heard(client), StartsWith("0\r\n\r\nHTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace api::testing_bench
