#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http {
namespace {

using Progress = RequestReader::Progress;

struct Heard {
  int status = 0;  // of the refusal; 0: a request
  Request request;
  std::string left;
};

// Feeds the bytes in pieces of that size until something is complete or refused.
Heard read(const std::string& bytes, std::size_t piece = 0, RequestLimits limits = {}) {
  RequestReader reader(limits);
  if (piece == 0) piece = bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view rest = std::string_view(bytes).substr(at, piece);
    switch (reader.feed(rest)) {
      case Progress::more:
        EXPECT_TRUE(rest.empty());
        break;
      case Progress::complete:
        return {0, reader.take(), std::string(rest) + bytes.substr(std::min(at + piece, bytes.size()))};
      case Progress::refused:
        return {reader.refusal().status, {}, {}};
    }
  }
  return {-1, {}, {}};
}

TEST(RequestReader, ReadsARequestHoweverItIsSplitAndLeavesWhatFollows) {
  const std::string bytes =
      "POST /api/a%20b?x=1&y=a+b&x=%2B HTTP/1.1\r\nHost: example.com:8000\r\nX-Odd:  two words \t\r\n"
      "content-length: 4\r\n\r\nbodyGET / HTTP/1.1\r\n";
  for (std::size_t piece = 0; piece < bytes.size(); ++piece) {
    const Heard heard = read(bytes, piece);
    ASSERT_EQ(heard.status, 0) << piece;
    EXPECT_EQ(heard.request.method, "POST");
    EXPECT_EQ(heard.request.target.path, "/api/a b");
    ASSERT_EQ(heard.request.target.query.size(), 3U);
    EXPECT_EQ(heard.request.target.parameter("x"), "1");
    EXPECT_EQ(heard.request.target.parameter("y"), "a b");
    EXPECT_EQ(heard.request.target.query[2].value, "+");
    EXPECT_EQ(heard.request.headers.get("x-odd"), "two words");
    EXPECT_EQ(heard.request.host, "example.com:8000");
    EXPECT_EQ(heard.request.body, "body");
    EXPECT_TRUE(heard.request.keep_alive);
    EXPECT_EQ(heard.left, "GET / HTTP/1.1\r\n");
  }
}

TEST(RequestReader, ReadsChunksHoweverTheyAreSplit) {
  const std::string bytes =
      "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=\"v\"\r\nhello\r\n00C\r\n, wide world\r\n0\r\nTrailer: dropped\r\n\r\nleft";
  for (std::size_t piece = 0; piece < bytes.size(); ++piece) {
    const Heard heard = read(bytes, piece);
    ASSERT_EQ(heard.status, 0) << piece;
    EXPECT_EQ(heard.request.body, "hello, wide world");
    EXPECT_EQ(heard.left, "left");
  }
}

TEST(RequestReader, ReadsPipelinedRequestsOneAfterTheOther) {
  std::string_view bytes = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3";
  RequestReader reader;
  EXPECT_FALSE(reader.started());
  ASSERT_EQ(reader.feed(bytes), Progress::complete);
  EXPECT_EQ(reader.take().target.path, "/1");
  EXPECT_FALSE(reader.started());
  ASSERT_EQ(reader.feed(bytes), Progress::complete);
  const Request second = reader.take();
  EXPECT_EQ(second.target.path, "/2");
  EXPECT_EQ(second.version_minor, 0);
  EXPECT_FALSE(second.keep_alive);
  EXPECT_EQ(reader.feed(bytes), Progress::more);
  EXPECT_TRUE(reader.started());
}

TEST(RequestReader, SkipsEmptyLinesBeforeARequestHoweverTheyAreSplit) {
  const std::string bytes = "\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t piece = 0; piece < bytes.size(); ++piece) {
    EXPECT_EQ(read(bytes, piece).request.target.path, "/1") << piece;
  }
}

TEST(RequestReader, KnowsWhetherTheConnectionGoesOn) {
  const auto keeps = [](const std::string& version, const std::string& connection) {
    return read("GET / HTTP/" + version + "\r\nHost: a\r\nConnection: " + connection + "\r\n\r\n").request.keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", "keep-alive"));
  EXPECT_TRUE(keeps("1.1", "Upgrade"));
  EXPECT_FALSE(keeps("1.1", "foo, Close"));
  EXPECT_TRUE(keeps("1.0", "Keep-Alive"));
  EXPECT_FALSE(keeps("1.0", "foo"));
}

TEST(RequestReader, TakesTheHostOfAnAbsoluteTarget) {
  const Heard heard = read("GET http://inner.example:81/p?q=1 HTTP/1.1\r\nHost: outer\r\n\r\n");
  EXPECT_EQ(heard.request.host, "inner.example:81");
  EXPECT_EQ(heard.request.target.path, "/p");
  EXPECT_EQ(read("GET http://inner.example HTTP/1.1\r\nHost: outer\r\n\r\n").request.target.path, "/");
  EXPECT_EQ(read("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").request.target.path, "*");
}

TEST(RequestReader, SaysOnceThatTheClientWaitsForContinue) {
  RequestReader reader;
  std::string_view head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(reader.feed(head), Progress::more);
  EXPECT_TRUE(reader.take_continue());
  EXPECT_FALSE(reader.take_continue());
  std::string_view body = "ok";
  EXPECT_EQ(reader.feed(body), Progress::complete);
  EXPECT_EQ(reader.take().body, "ok");
}

struct Refused {
  const char* what;
  int status;
  std::string bytes;
};
class Refusals : public testing::TestWithParam<Refused> {};

TEST_P(Refusals, HaveTheRightStatusWhateverTheSplit) {
  for (const std::size_t piece : {0, 1, 7}) EXPECT_EQ(read(GetParam().bytes, piece).status, GetParam().status);
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string with(const std::string& headers) { return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n"; }

const Refused refusals[] = {
    // Where two readers might see two requests (fault 17).
    {"Content-Length and Transfer-Encoding", 400, with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")},
    {"Transfer-Encoding and Content-Length", 400, with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")},
    {"two lengths", 400, with("Content-Length: 1\r\nContent-Length: 2\r\n")},
    {"one length twice", 400, with("Content-Length: 1\r\nContent-Length: 1\r\n")},
    {"a list of lengths", 400, with("Content-Length: 1, 1\r\n")},
    {"a length with a sign", 400, with("Content-Length: +1\r\n")},
    {"a negative length", 400, with("Content-Length: -1\r\n")},
    {"a hex length", 400, with("Content-Length: 0x1\r\n")},
    {"no length", 400, with("Content-Length: \r\n")},
    {"a length over 64 bits", 400, with("Content-Length: 18446744073709551616\r\n")},
    {"chunked twice", 400, with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
    {"gzip and chunked", 501, with("Transfer-Encoding: gzip, chunked\r\n")},
    {"chunked that is not last", 501, with("Transfer-Encoding: chunked, identity\r\n")},
    {"an unknown coding", 501, with("Transfer-Encoding: xchunked\r\n")},
    {"chunks in HTTP 1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"a bare line feed", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
    {"a bare line feed in the headers", 400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"},
    {"a bare line feed at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {"a bare carriage return", 400, with("X: a\rb\r\n")},
    {"a folded line", 400, with("X: a\r\n b\r\n")},
    {"a line folded by a tab", 400, with("X: a\r\n\tb\r\n")},
    {"a space before the first header", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {"NUL in a value", 400, with(std::string("X: a\0b\r\n", 8))},
    {"NUL in a name", 400, with(std::string("X\0: a\r\n", 7))},
    {"NUL in the target", 400, get(std::string("/\0", 2))},
    {"a control character in a value", 400, with("X: a\x01\r\n")},
    {"a space before the colon", 400, with("X : a\r\n")},
    {"a header without a colon", 400, with("X\r\n")},
    {"a header without a name", 400, with(": a\r\n")},
    {"no Host", 400, "GET / HTTP/1.1\r\n\r\n"},
    {"two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
    {"two Hosts in HTTP 1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"a Host with a user", 400, "GET / HTTP/1.1\r\nHost: b@a\r\n\r\n"},
    {"a Host with a bad port", 400, "GET / HTTP/1.1\r\nHost: a:port\r\n\r\n"},
    // Start lines.
    {"HTTP 2", 400, "PRI * HTTP/2.0\r\n\r\n"},
    {"HTTP 1.2 by another name", 400, "GET / HTTPS/1.1\r\nHost: a\r\n\r\n"},
    {"no version", 400, "GET /\r\nHost: a\r\n\r\n"},
    {"two spaces", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a TLS hello", 400, std::string("\x16\x03\x01\x02\x00", 5)},
    {"CONNECT", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a star that is no OPTIONS", 400, get("*")},
    // Paths (fault 20).
    {"no leading slash", 400, get("../x")},
    {"dots", 400, get("/../etc/passwd")},
    {"dots at the end", 400, get("/a/..")},
    {"a single dot", 400, get("/./a")},
    {"encoded dots", 400, get("/%2e%2e/x")},
    {"half encoded dots", 400, get("/.%2E/x")},
    {"encoded dots and backslash", 400, get("/%2e%2e%5cx")},
    {"a dot segment made by an encoded slash", 400, get("/a%2f..%2fb")},
    {"a backslash", 400, get("/a\\b")},
    {"an encoded NUL", 400, get("/a%00")},
    {"an encoded line feed", 400, get("/a%0a")},
    {"an encoded DEL", 400, get("/a%7f")},
    {"a percent sign alone", 400, get("/a%")},
    {"a percent sign with one digit", 400, get("/a%2")},
    {"a percent sign with other letters", 400, get("/a%zz")},
    {"an overlong slash", 400, get("/a%c0%af")},
    {"raw bytes that are not UTF-8", 400, get("/a\xff")},
    {"a fragment", 400, get("/a#b")},
    {"a bad percent in the query", 400, get("/?a=%4")},
    {"NUL in the query", 400, get("/?a=%00")},
    {"a name that is not UTF-8 in the query", 400, get("/?%ff=1")},
    // Bounds (fault 16).
    {"a long target", 414, get("/" + std::string(9000, 'a'))},
    {"a very long target", 414, get("/" + std::string(100'000, 'a'))},
    {"a target without an end", 414, "GET /" + std::string(20'000, 'a')},
    {"a long header", 431, with("X: " + std::string(20'000, 'a') + "\r\n")},
    {"a header without an end", 431, "GET / HTTP/1.1\r\nX: " + std::string(1'000'000, 'a')},
    {"a long body", 413, with("Content-Length: 1048577\r\n")},
    {"a very long body", 413, with("Content-Length: 18446744073709551615\r\n")},
    {"a long chunk", 413, with("Transfer-Encoding: chunked\r\n") + "100001\r\n" + std::string(1'048'577, 'a')},
    // Chunks.
    {"a chunk without a size", 400, with("Transfer-Encoding: chunked\r\n") + "\r\n"},
    {"a chunk size with a sign", 400, with("Transfer-Encoding: chunked\r\n") + "+1\r\na\r\n0\r\n\r\n"},
    {"a chunk size with a prefix", 400, with("Transfer-Encoding: chunked\r\n") + "0x1\r\na\r\n0\r\n\r\n"},
    {"a chunk size behind a space", 400, with("Transfer-Encoding: chunked\r\n") + " 1\r\na\r\n0\r\n\r\n"},
    {"a chunk size over 64 bits", 400, with("Transfer-Encoding: chunked\r\n") + "10000000000000000\r\n"},
    {"a bare line feed behind a chunk size", 400, with("Transfer-Encoding: chunked\r\n") + "1\na\r\n0\r\n\r\n"},
    {"a bare line feed in an extension", 400, with("Transfer-Encoding: chunked\r\n") + "1;a\nb\r\na\r\n0\r\n\r\n"},
    {"a bare line feed behind a chunk", 400, with("Transfer-Encoding: chunked\r\n") + "1\r\na\n0\r\n\r\n"},
    {"a chunk longer than it says", 400, with("Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n"},
    {"an endless extension", 400, with("Transfer-Encoding: chunked\r\n") + "1;" + std::string(20'000, 'a')},
    {"endless trailers", 400, with("Transfer-Encoding: chunked\r\n") + "0\r\nX: " + std::string(20'000, 'a')},
    {"an unknown expectation", 417, with("Expect: miracles\r\n")},
};
INSTANTIATE_TEST_SUITE_P(Requests, Refusals, testing::ValuesIn(refusals), [](const auto& named) {
  std::string name;
  for (const char c : std::string(named.param.what)) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(RequestReader, RefusesTenThousandHeaders) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "X: y\r\n";
  EXPECT_EQ(read(with(many)).status, 431);
  std::string some;
  for (int i = 0; i < 120; ++i) some += "X: y\r\n";
  EXPECT_EQ(read(with(some)).status, 431);
}

TEST(RequestReader, TakesBodiesOfExactlyTheLimit) {
  const RequestLimits limits{.body_bytes_max = 10};
  EXPECT_EQ(read(with("Content-Length: 10\r\n") + "0123456789", 0, limits).request.body, "0123456789");
  EXPECT_EQ(read(with("Transfer-Encoding: chunked\r\n") + "a\r\n0123456789\r\n0\r\n\r\n", 0, limits).status, 0);
  EXPECT_EQ(read(with("Transfer-Encoding: chunked\r\n") + "a\r\n0123456789\r\n1\r\na", 0, limits).status, 413);
}

}  // namespace
}  // namespace http
