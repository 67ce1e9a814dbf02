#include "api/files.hpp"

#include <gmock/gmock.h>

namespace api {
namespace {

using testing::HasSubstr;

constexpr File sheet{"/a.css", "text/css", "plain", "gz", "\"1\"", "\"1-gzip\"", "", false};

http::Response given(const http::Headers& headers, const File& file = sheet) {
  http::Request request;
  request.headers = headers;
  auto response = give(file, request);
  return response ? *response : http::Response{response.error().status, response.error().headers};
}

TEST(Files, AreGivenInTheCodingThatIsWantedMost) {
  const std::pair<const char*, const char*> table[] = {
      {"gzip", "gz"},           {"*", "gz"},     {"gzip;q=0.5", "gz"}, {"gzip;q=0.5, identity", "plain"},
      {"gzip, identity", "gz"}, {"br", "plain"}, {"", "plain"},        {"identity;q=0, gzip;q=0.1", "gz"},
  };
  for (const auto& [header, body] : table) {
    const http::Response response = given({{"Accept-Encoding", header}});
    EXPECT_EQ(response.body, body) << header;
    EXPECT_EQ(response.headers.get("Content-Encoding"), std::string(body) == "gz" ? "gzip" : "") << header;
    EXPECT_EQ(response.headers.get("ETag"), std::string(body) == "gz" ? "\"1-gzip\"" : "\"1\"") << header;
    EXPECT_EQ(response.headers.get("Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(given({}).body, "plain");
}

TEST(Files, AreRefusedWhereNoCodingOfTheirsIsWanted) {
  for (const char* header : {"identity;q=0", "*;q=0", "br, *;q=0", "gzip;q=0, identity;q=0"}) {
    EXPECT_EQ(given({{"Accept-Encoding", header}}).status, 406) << header;
    EXPECT_EQ(given({{"Accept-Encoding", header}}).headers.get("Vary"), "Accept-Encoding") << header;
  }
  File bare = sheet;
  bare.gzip = {};
  EXPECT_EQ(given({{"Accept-Encoding", "gzip, identity;q=0"}}, bare).status, 406);
  EXPECT_EQ(given({{"Accept-Encoding", "gzip"}}, bare).body, "plain");
}

TEST(Files, AreNotGivenAgainToWhoHasThem) {
  const http::Response same = given({{"If-None-Match", "W/\"1\""}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  for (const char* name : {"ETag", "Vary", "Cache-Control"}) EXPECT_NE(same.headers.get(name), "") << name;
  EXPECT_EQ(given({{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(given({{"If-None-Match", "\"2\""}}).status, 200);
  // The other coding is another representation.
  EXPECT_EQ(given({{"If-None-Match", "\"1\""}, {"Accept-Encoding", "gzip"}}).status, 200);
}

TEST(Files, MayBeKeptForEverOnlyWhereTheirNameChangesWithThem) {
  File named = sheet;
  EXPECT_EQ(given({}, named).headers.get("Cache-Control"), "no-cache");
  named.immutable = true;
  EXPECT_THAT(std::string(given({}, named).headers.get("Cache-Control")), HasSubstr("immutable"));
}

TEST(Files, AreFoundByTheirExactPath) {
  const File* page = find_file("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->type, "text/html; charset=utf-8");
  EXPECT_THAT(std::string(page->policy), HasSubstr("default-src 'none'; script-src 'self'; style-src 'sha256-"));
  EXPECT_LT(page->gzip.size(), page->plain.size());
  for (const char* path : {"", "//", "/index.html", "/INDEX.HTML", "/.", "/../web/index.html", "web/index.html", "/x"})
    EXPECT_EQ(find_file(path), nullptr) << path;
}

}  // namespace
}  // namespace api
