#include "http/coding.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

struct Wanted {
  const char* header;
  int gzip, identity;
};

TEST(ContentCoding, IsWantedAsTheHeaderSays) {
  const Wanted table[] = {
      {"gzip", 1000, 1},
      {"GZip, deflate", 1000, 1},
      {"x-gzip", 1000, 1},
      {"deflate, br", 0, 1},
      {"", 0, 1},
      {"*", 1000, 1000},
      {"gzip;q=0.8, identity;q=0.9", 800, 900},
      {"gzip ; q=0.001", 1, 1},
      {"gzip;Q=1.000", 1000, 1},
      {"gzip;q=0", 0, 1},
      {"gzip;q=0, *", 0, 1000},
      {"*, gzip;q=0", 0, 1000},
      {"identity;q=0", 0, 0},
      {"*;q=0", 0, 0},
      {"gzip, *;q=0", 1000, 0},
      {"identity, *;q=0", 0, 1000},
      {"gzip;q=0.5, *;q=0.25", 500, 250},
  };
  for (const auto& [header, gzip, identity] : table) {
    const Headers request = {{"Accept-Encoding", header}};
    EXPECT_EQ(coding_weight(request, "gzip"), gzip) << header;
    EXPECT_EQ(coding_weight(request, "identity"), identity) << header;
  }
}

TEST(ContentCoding, IsIdentityWhereTheClientSaysNothing) {
  EXPECT_EQ(coding_weight({}, "gzip"), 0);
  EXPECT_EQ(coding_weight({}, "identity"), 1000);
}

TEST(ContentCoding, IsNotWantedByABrokenWeight) {
  for (const char* weight :
       {"q=", "q=2", "q=1.1", "q=0.1234", "q=.5", "q=-1", "q=0,5", "q=1x", "x=1", "q=0.5;x", "q"}) {
    const Headers request = {{"Accept-Encoding", std::string("gzip;") + weight}};
    EXPECT_EQ(coding_weight(request, "gzip"), 0) << weight;
    EXPECT_EQ(coding_weight(request, "identity"), 1) << weight;
  }
}

TEST(ContentCoding, IsReadOverSeveralLines) {
  const Headers request = {{"Accept-Encoding", "br"}, {"accept-encoding", "gzip;q=0.5"}};
  EXPECT_EQ(coding_weight(request, "gzip"), 500);
}

}  // namespace
}  // namespace http
