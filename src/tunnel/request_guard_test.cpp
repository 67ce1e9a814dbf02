#include "tunnel/request_guard.hpp"

#include <gmock/gmock.h>

namespace tunnel {
namespace {

using testing::StartsWith;
using Verdict = RequestGuard::Verdict;

const std::string rest = " HTTP/1.1\r\nHost: tunnel:0\r\nX-Own: 1\r\n\r\n";

struct Judged {
  Verdict verdict;
  std::string text;
};
Judged judged(const std::string& bytes) {
  RequestGuard guard;
  const Verdict verdict = guard.feed(bytes);
  return {verdict, guard.request()};
}

TEST(RequestGuard, lets_pass_what_dockcast_asks_and_writes_it_anew) {
  for (const std::string target :
       {"/_ping", "/version", "/v1.45/info", "/containers/json?all=1&filters=%7B%22id%22%3A%5B%22a%22%5D%7D",
        "/v1.41/containers/web-1_a.b/json", "/v1.45/containers/4f/logs?timestamps=1&stdout=1&follow=1&tail=3",
        "/containers/4f/stats?stream=1", "/v1.45/events?filters=%7B%7D&since=1.000000001"}) {
    const Judged found = judged("GET " + target + rest);
    EXPECT_EQ(found.verdict, Verdict::passes) << target;
    EXPECT_EQ(found.text, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }
  EXPECT_EQ(judged("HEAD /_ping" + rest).verdict, Verdict::passes);
}

TEST(RequestGuard, refuses_whatever_else_there_is) {
  for (const std::string head : {"POST /containers/create",
                                 "DELETE /containers/4f",
                                 "POST /containers/4f/start",
                                 "GET /images/json",
                                 "GET /containers/4f/archive?path=/etc",
                                 "GET /containers/4f/export",
                                 "GET /containers/4f/attach/ws",
                                 "GET /v1.45/containers/4f/top",
                                 "GET /secrets",
                                 "PUT /containers/4f/archive",
                                 "GET /containers//json",
                                 "GET /containers/4f/json/",
                                 "GET /v1./info",
                                 "GET /v1.4a/info",
                                 "GET /v2.1/info",
                                 "GET /v1.45/v1.45/info",
                                 "GET /containers/a%2Fb/json",
                                 "GET /containers/a%20b/logs",
                                 "GET /containers/json?size=1",
                                 "OPTIONS /info",
                                 "CONNECT /info",
                                 "GET /INFO",
                                 "GET /"}) {
    const Judged found = judged(head + rest);
    EXPECT_EQ(found.verdict, Verdict::refused) << head;
    EXPECT_THAT(found.text, StartsWith("HTTP/1.1 403")) << head;
  }
}

TEST(RequestGuard, refuses_what_two_readers_would_read_as_two_things) {
  for (const std::string& text : std::vector<std::string>{
           "GET /../containers/create" + rest, "GET /%2e%2e/info" + rest, "GET /info\r\nHost: a\r\n\r\n",
           "GET /info HTTP/1.1\nHost: a\n\n", "GET /info HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nPOST ",
           "GET /info HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
           std::string("\x16\x03\x01 tls")})
    EXPECT_EQ(judged(text).verdict, Verdict::refused) << text;
}

TEST(RequestGuard, a_second_request_is_refused_wherever_it_stands) {
  EXPECT_EQ(judged("GET /info" + rest + "POST /containers/create" + rest).verdict, Verdict::refused);
  RequestGuard guard;
  const std::string text = "GET /info" + rest;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) ASSERT_EQ(guard.feed(text.substr(i, 1)), Verdict::more);
  EXPECT_EQ(guard.feed(text.substr(text.size() - 1)), Verdict::passes);
  const std::string passed = guard.request();
  EXPECT_EQ(guard.feed("G"), Verdict::refused);
  EXPECT_EQ(guard.request(), passed) << "it may be on its way";
}

TEST(RequestGuard, a_head_without_end_is_refused_at_the_bound) {
  RequestGuard guard;
  ASSERT_EQ(guard.feed("GET /info HTTP/1.1\r\nHost: a\r\nX: "), Verdict::more);
  Verdict verdict = Verdict::more;
  for (int i = 0; i < 20 && verdict == Verdict::more; ++i) verdict = guard.feed(std::string(1024, 'x'));
  EXPECT_EQ(verdict, Verdict::refused);
  EXPECT_THAT(guard.answer(), StartsWith("HTTP/1.1 431"));
}

}  // namespace
}  // namespace tunnel
