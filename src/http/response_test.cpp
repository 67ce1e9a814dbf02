#include "http/response.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

constexpr AnswerForm modern = {.head_only = false, .chunks = true, .keep_alive = true};
constexpr AnswerForm old = {.head_only = false, .chunks = false, .keep_alive = false};

TEST(Response, IsWrittenWithItsLength) {
  const Response response{200, {{"Content-Type", "text/plain"}}, "hello"};
  EXPECT_EQ(serialize(response, modern),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(serialize(response, {.head_only = true, .chunks = true, .keep_alive = false}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 5\r\n\r\n");
}

TEST(Response, HasNoBodyAndNoLengthWhereTheStatusForbidsIt) {
  for (const int status : {204, 304}) {
    EXPECT_EQ(serialize({status, {}, "ignored"}, old), "HTTP/1.1 " + std::to_string(status) + " " +
                                                           std::string(reason_phrase(status)) +
                                                           "\r\nConnection: close\r\n\r\n");
  }
}

TEST(Response, CannotBeSplitByAHeaderValue) {
  const Response response{204, {{"X", "a\r\nSet-Cookie: evil"}}};
  EXPECT_EQ(serialize(response, old), "HTTP/1.1 204 No Content\r\nX: a  Set-Cookie: evil\r\nConnection: close\r\n\r\n");
}

TEST(Response, StreamsInChunksAndBareToOldClients) {
  std::string chunked = serialize_stream_head({}, modern);
  append_piece(chunked, "seventeen letters", modern);
  append_piece(chunked, "", modern);
  append_end(chunked, modern);
  EXPECT_EQ(chunked,
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
            "11\r\nseventeen letters\r\n0\r\n\r\n");
  std::string bare = serialize_stream_head({}, {.chunks = false, .keep_alive = true});
  append_piece(bare, "piece", old);
  append_end(bare, old);
  EXPECT_EQ(bare, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npiece");
}

TEST(Response, OfARefusalIsAProblemDocument) {
  const Response response = problem({405, "bad_request", "A \"quoted\" \xff.", {{"Allow", "GET"}}}, "c7f1");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.get("Allow"), "GET");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.body,
            "{\"status\":405,\"title\":\"Method Not Allowed\",\"detail\":\"A \\\"quoted\\\" \xef\xbf\xbd.\","
            "\"code\":\"bad_request\",\"ref\":\"c7f1\"}");
}

TEST(Response, TakesItsFormFromTheRequest) {
  Request request;
  request.method = "HEAD";
  request.version_minor = 0;
  request.keep_alive = false;
  const AnswerForm form = AnswerForm::of(request);
  EXPECT_TRUE(form.head_only);
  EXPECT_FALSE(form.chunks);
  EXPECT_FALSE(form.keep_alive);
}

TEST(Response, TellsWrongMethodsFromUnknownOnes) {
  EXPECT_TRUE(is_known_method("PATCH"));
  EXPECT_FALSE(is_known_method("get"));
  EXPECT_FALSE(is_known_method("BREW"));
}

}  // namespace
}  // namespace http
