// How a Server answers HTTP, and what it refuses before an upgrade.
#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ServerHttp : public ServerTest {};

const auth::Settings with_token{auth::Mode::token, "s3cret", false};

TEST_F(ServerHttp, a_connection_is_kept_for_the_next_request) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/health/live")), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(say(client, request("/health/live")), HasSubstr(R"({"status":"live"})"));
}

TEST_F(ServerHttp, pipelined_requests_are_answered_in_order) {
  const int client = connect();
  const std::string answers = say(client, request("/nothing") + request("/health/live"));
  EXPECT_THAT(answers, testing::ContainsRegex("404 Not Found(.|\n)*200 OK"));
}

TEST_F(ServerHttp, a_request_in_single_bytes_is_a_request) {
  const int client = connect();
  std::string answer;
  for (const char byte : request("/health/live")) answer += say(client, std::string(1, byte));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerHttp, Connection_close_shuts_behind_the_answer_and_waits_for_the_client) {
  const int client = connect();
  EXPECT_THAT(say(client, request("/health/live", "Connection: close\r\n")), HasSubstr("Connection: close"));
  EXPECT_TRUE(sockets.end(client).write_shut);
  EXPECT_THAT(say(client, request("/health/live")), IsEmpty());
  close(client);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerHttp, Our_side_is_not_shut_while_the_socket_itself_holds_a_part_of_the_answer) {
  const int client = connect();
  sockets.end(client).holds = true;
  sockets.end(client).in_ended = true;
  EXPECT_THAT(say(client, request("/health/live", "Connection: close\r\n")), HasSubstr("200 OK"));
  sockets.ready(client);
  ASSERT_FALSE(gone(client));
  EXPECT_FALSE(sockets.end(client).write_shut);
  sockets.end(client).holds = false;
  sockets.ready(client);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerHttp, An_end_right_behind_a_request_is_noticed_with_it) {
  const int client = connect();
  sockets.end(client).in = request("/health/live");
  close(client);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerHttp, HTTP_1_0_is_answered_and_closed) {
  const int client = connect();
  EXPECT_THAT(say(client, "GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n"), HasSubstr("200 OK"));
  EXPECT_TRUE(sockets.end(client).write_shut);
}

TEST_F(ServerHttp, HEAD_has_the_headers_of_GET_and_no_body) {
  const std::string answer = say(connect(), "HEAD /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 17"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerHttp, errors_are_problem_documents_with_a_code_and_a_ref) {
  const std::string answer = say(connect(), request("/nothing"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json"));
  EXPECT_THAT(answer, HasSubstr(R"("code":"not_found")"));
  EXPECT_THAT(answer, HasSubstr(R"("ref":")"));
}

TEST_F(ServerHttp, a_wrong_method_is_405_with_Allow_and_an_unknown_one_501) {
  const int client = connect();
  const auto with_method = [](const std::string& method) {
    return method + " /api/containers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  };
  const std::string wrong = say(client, with_method("POST"));
  EXPECT_THAT(wrong, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(wrong, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(say(client, with_method("BREW")), StartsWith("HTTP/1.1 501"));
}

TEST_F(ServerHttp, what_is_no_HTTP_is_400_and_closed) {
  const int client = connect();
  EXPECT_THAT(say(client, "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(sockets.end(client).write_shut);
}

TEST_F(ServerHttp, without_access_control_only_hosts_that_cannot_be_rebound_are_served) {
  settings.allowed_hosts = {"logs.example.com"};
  start();
  const auto to = [](const std::string& host) { return "GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; };
  for (const char* host : {"localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "logs.example.com"})
    EXPECT_THAT(say(connect(), to(host)), StartsWith("HTTP/1.1 200")) << host;
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example"})
    EXPECT_THAT(say(connect(), to(host)), StartsWith("HTTP/1.1 421")) << host;
}

TEST_F(ServerHttp, with_a_token_any_host_is_served_and_the_api_wants_the_token) {
  start(with_token);
  const std::string host = "Host: logs.example.com\r\n";
  EXPECT_THAT(say(connect(), "GET /health/live HTTP/1.1\r\n" + host + "\r\n"), StartsWith("HTTP/1.1 200"));
  const std::string refused = say(connect(), "GET /api/containers HTTP/1.1\r\n" + host + "\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(say(connect(), request("/api/containers", "Authorization: Bearer wrong\r\n")),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(say(connect(), request("/api/containers?token=s3cret")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(say(connect(), request("/api/containers/web")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(control.listings, IsEmpty());
  EXPECT_TRUE(control.inspections.empty());
  say(connect(), request("/api/containers", "Authorization: Bearer s3cret\r\n"));
  EXPECT_EQ(control.listings.size(), 1U);
}

TEST_F(ServerHttp, headers_that_do_not_come_whole_within_ten_seconds_end_it_however_they_trickle) {
  const int client = connect();
  for (int i = 0; i < 9; ++i) {
    say(client, i == 0 ? "GET / HTTP/1.1\r\n" : "A: b\r\n");
    loop.pass(1s);
  }
  EXPECT_FALSE(gone(client) || sockets.end(client).write_shut);
  loop.pass(1500ms);
  EXPECT_THAT(heard(client), StartsWith("HTTP/1.1 408"));
  loop.pass(6s);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerHttp, a_connection_that_says_nothing_is_dropped) {
  const int client = connect();
  loop.pass(11s);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerHttp, a_kept_connection_may_idle_for_a_minute) {
  const int client = connect();
  say(client, request("/health/live"));
  loop.pass(50s);
  EXPECT_FALSE(gone(client));
  loop.pass(15s);
  EXPECT_TRUE(gone(client));
}

TEST_F(ServerHttp, beyond_the_bound_of_connections_a_client_is_told_503) {
  settings.connections_max = 1;
  start();
  connect();
  const int second = connect();
  EXPECT_THAT(say(second, upgrade("/ws")), StartsWith("HTTP/1.1 503"));
  EXPECT_TRUE(sockets.end(second).write_shut);
  EXPECT_EQ(struck(Limit::connections), 1U);
  EXPECT_EQ(metrics.refused[Refused::full].value(), 1U);
}

TEST_F(ServerHttp, a_full_instance_says_that_it_lives_and_holds_no_place_for_who_asks_nothing) {
  settings.connections_max = 1;
  start();
  connect();
  const int probe = connect();
  EXPECT_THAT(say(probe, request("/health/live")), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(sockets.end(probe).write_shut);
  close(probe);
  const int silent = connect();
  loop.pass(5500ms);
  EXPECT_TRUE(gone(silent));
}

TEST_F(ServerHttp, metrics_have_their_names_and_no_ids) {
  follow();
  const std::string text = say(connect(), request("/metrics"));
  EXPECT_THAT(text, HasSubstr(R"(websocket_connections_total{channel="container:logs",instance="one"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(websocket_active_connections{channel="container:logs",instance="one"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(websocket_messages_sent_total{channel="container:logs",instance="one"} )"));
  EXPECT_THAT(text, HasSubstr("websocket_message_latency_seconds_count{channel=\"container:logs\"} 0"));
  EXPECT_THAT(text, HasSubstr("dockcast_build_info{version=\"0.1\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr(container)));
}

TEST_F(ServerHttp, health_websocket_has_its_shape) {
  follow();
  Facts facts;
  facts.at = loop.now();
  facts.engine_answers = facts.engine_answered = true;
  facts.channels = 1;
  server->on_facts(facts);
  const std::string healthy = say(connect(), request("/health/websocket"));
  EXPECT_THAT(healthy, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(healthy,
              HasSubstr(R"({"status":"healthy","checks":{"redis_connected":false,"active_connections":1,)"
                        R"("active_channels":1,"pubsub_active":true,"redis":"embedded","docker_connected":true}})"));
  facts.bus = bus::State::down;
  facts.bus_reason = "refused";
  server->on_facts(facts);
  const std::string degraded = say(connect(), request("/health/websocket"));
  EXPECT_THAT(degraded, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(degraded, HasSubstr(R"("error":"Redis does not answer: refused")"));
  loop.pass(6s);
  EXPECT_THAT(say(connect(), request("/health/websocket")), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(say(connect(), request("/health/ready")), StartsWith("HTTP/1.1 503"));
}

TEST_F(ServerHttp, an_instance_that_reached_nothing_yet_is_alive_and_not_ready) {
  EXPECT_THAT(say(connect(), request("/health/live")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(say(connect(), request("/health/ready")), StartsWith("HTTP/1.1 503"));
}

TEST_F(ServerHttp, the_page_allows_its_own_script_and_nothing_else) {
  const std::string answer = say(connect(), request("/"));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'sha256-"));
  EXPECT_THAT(answer, HasSubstr("text/html; charset=utf-8"));
}

TEST_F(ServerHttp, the_documents_of_the_api_need_the_credentials_of_the_api) {
  start(with_token);
  EXPECT_THAT(say(connect(), request("/api/openapi.json")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(say(connect(), request("/api/asyncapi.json")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(say(connect(), request("/api/openapi.json", "Authorization: Bearer s3cret\r\n")),
              HasSubstr(R"("openapi": "3.1.0")"));
}

TEST_F(ServerHttp, under_a_base_path_nothing_else_is_there) {
  settings.base_path = "/docker";
  start();
  EXPECT_THAT(say(connect(), request("/docker/health/live")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(say(connect(), request("/docker")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(say(connect(), request("/health/live")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(say(connect(), request("/dockers/health/live")), StartsWith("HTTP/1.1 404"));
  open("/docker/ws");
}

// Refused upgrades

TEST_F(ServerHttp, a_refused_upgrade_is_closed_and_what_was_sent_behind_it_is_never_answered) {
  const std::pair<std::string, const char*> table[] = {
      {upgrade("/nothing"), "404"},
      {upgrade("/ws", "Origin: https://evil.example\r\n"), "403"},
      {upgrade("/ws", "Origin: null\r\n"), "403"},
      {upgrade("/ws", "Origin: http://localhost.evil.example\r\n"), "403"},
      {upgrade("/ws", "Origin: http://localhost:81\r\n"), "403"},
      {upgrade("/ws", "Origin: http://localhost\r\nOrigin: http://localhost\r\n"), "403"},
      {request("/ws"), "426"},
      {request("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"), "426"},
      {request("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"), "400"},
      {"POST /ws HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "405"},
  };
  for (const auto& [text, status] : table) {
    const int client = connect();
    const std::string answer = say(client, text + request("/health/live"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::string(status))) << text;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << text;
    EXPECT_THAT(answer, HasSubstr(R"("ref":")")) << text;
    EXPECT_THAT(answer, Not(HasSubstr("200 OK"))) << text;
    EXPECT_TRUE(sockets.end(client).write_shut) << text;
  }
}

TEST_F(ServerHttp, pages_of_the_same_host_and_of_allowed_origins_may_connect) {
  settings.allowed_origins = {"https://app.example.com"};
  start();
  open("/ws", "Origin: http://localhost\r\n");
  open("/ws", "Origin: https://app.example.com\r\n");
  open("/ws");
}

TEST_F(ServerHttp, where_we_speak_TLS_a_page_of_the_same_host_without_it_is_another_site) {
  settings.scheme = "https";
  start();
  open("/ws", "Origin: https://localhost\r\n");
  EXPECT_THAT(say(connect(), upgrade("/ws", "Origin: http://localhost\r\n")), StartsWith("HTTP/1.1 403"));
}

TEST_F(ServerHttp, bad_credentials_are_refused_before_the_upgrade) {
  start({auth::Mode::token, "s3cret", true});
  EXPECT_THAT(say(connect(), upgrade("/ws", "Authorization: Bearer wrong\r\n")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(say(connect(), upgrade("/ws?token=wrong")), StartsWith("HTTP/1.1 401"));
  open("/ws?token=s3cret");
  open("/ws", "Authorization: Bearer s3cret\r\n");
  open("/ws");
}

}  // namespace
}  // namespace api::testing_bench
