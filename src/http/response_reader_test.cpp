#include "http/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http {
namespace {

using Kind = ResponseReader::Kind;

struct Heard {
  int status = 0;
  std::string body;
  bool ended = false;
  std::optional<base::Fault> fault;
  std::string left;
};

// Feeds the bytes in pieces of that size, then the end of the stream if the response goes on until then.
Heard read(const std::string& bytes, std::size_t piece = 0, bool bodiless = false) {
  ResponseReader reader(bodiless);
  Heard heard;
  if (piece == 0) piece = std::max<std::size_t>(bytes.size(), 1);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view rest = std::string_view(bytes).substr(at, piece);
    for (Kind kind = Kind::head; kind != Kind::more;) {
      const auto event = reader.next(rest);
      if (!event) {
        heard.fault = event.error().fault;
        return heard;
      }
      kind = event->kind;
      if (kind == Kind::head) heard.status = reader.head().status;
      heard.body += event->body;
      if (kind == Kind::end) {
        heard.ended = true;
        heard.left = std::string(rest) + bytes.substr(std::min(at + piece, bytes.size()));
        return heard;
      }
    }
  }
  const auto end = reader.end_of_stream();
  heard.ended = end.has_value();
  if (!end) heard.fault = end.error().fault;
  return heard;
}

TEST(ResponseReader, ReadsEveryFramingHoweverItIsSplit) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, 10 bytes\r\n000\r\nT: "
      "r\r\n\r\nleft";
  const std::string sized = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhelloleft";
  const std::string until_close = "HTTP/1.0 200 OK\r\n\r\neverything\r\n\r\n";
  for (std::size_t piece = 0; piece < chunked.size(); ++piece) {
    const Heard first = read(chunked, piece);
    EXPECT_TRUE(first.ended);
    EXPECT_EQ(first.body, "hello, 10 bytes");
    EXPECT_EQ(first.left, "left");
    const Heard second = read(sized, piece);
    EXPECT_EQ(second.status, 404);
    EXPECT_EQ(second.body, "hello");
    EXPECT_EQ(second.left, "left");
    const Heard third = read(until_close, piece);
    EXPECT_TRUE(third.ended);
    EXPECT_EQ(third.body, "everything\r\n\r\n");
  }
}

TEST(ResponseReader, NeverTakesACutForAnEnd) {
  for (const std::string whole : {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"}) {
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      const Heard heard = read(whole.substr(0, cut));
      EXPECT_FALSE(heard.ended) << cut;
      EXPECT_EQ(heard.fault, base::Fault::closed) << cut;
    }
    EXPECT_TRUE(read(whole).ended);
  }
}

TEST(ResponseReader, KnowsWhichAnswersHaveNoBody) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_TRUE(read(head, 0, true).ended);
  EXPECT_TRUE(read("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").ended);
  EXPECT_TRUE(read("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n").ended);
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ended);
}

TEST(ResponseReader, SkipsInterimAnswersAndStopsBehindAnUpgrade) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nterminal";
  for (std::size_t piece = 0; piece < bytes.size(); ++piece) {
    const Heard heard = read(bytes, piece);
    EXPECT_EQ(heard.status, 101);
    EXPECT_TRUE(heard.ended);
    EXPECT_EQ(heard.left, "terminal");
  }
}

TEST(ResponseReader, CallsGarbageByItsName) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes : {
           std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
           std::string("HTTP/2.0 200 OK\r\n\r\n"),
           std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
           ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
           ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
           ok + "Content-Length: -1\r\n\r\n",
           ok + "Transfer-Encoding: gzip\r\n\r\n",
           ok + "Bad Header: x\r\n\r\n",
           ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
           ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX",
           ok + "\n",
       }) {
    for (const std::size_t piece : {0, 1}) EXPECT_EQ(read(bytes, piece).fault, base::Fault::protocol) << bytes;
  }
  EXPECT_EQ(read(ok + "X: " + std::string(100'000, 'x')).fault, base::Fault::too_large);
}

}  // namespace
}  // namespace http
