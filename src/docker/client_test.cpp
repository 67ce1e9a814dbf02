#include "docker/client.hpp"

#include <gtest/gtest.h>

namespace docker {
namespace {

using base::Fault;

TEST(EngineError, CarriesDockersOwnWords) {
  const auto error = error_of(404, R"({"message":"No such container: web"})");
  EXPECT_EQ(error.fault, Fault::not_found);
  EXPECT_EQ(error.message, "No such container: web");
}

TEST(EngineError, IsReadFromPlainTextToo) {
  const auto error = error_of(400, "client version 1.1 is too old.\nmore\n");
  EXPECT_EQ(error.fault, Fault::bad_request);
  EXPECT_EQ(error.message, "client version 1.1 is too old.");
  EXPECT_EQ(error_of(404, "").message, "The Engine answered with status 404");
  EXPECT_EQ(error_of(500, "{}").message, "The Engine answered with status 500");
  EXPECT_LE(error_of(500, std::string(100'000, 'x')).message.size(), 512U);
}

TEST(EngineError, IsToldByItsStatus) {
  EXPECT_EQ(error_of(401, "").fault, Fault::unauthorized);
  EXPECT_EQ(error_of(403, "").fault, Fault::forbidden);
  EXPECT_EQ(error_of(409, "").fault, Fault::conflict);
  EXPECT_EQ(error_of(501, "").fault, Fault::unsupported);
  EXPECT_EQ(error_of(500, "").fault, Fault::unavailable);
  EXPECT_EQ(error_of(503, "").fault, Fault::unavailable);
  EXPECT_EQ(error_of(302, "").fault, Fault::protocol);
}

TEST(EngineVersion, SaysWhoAnswers) {
  const auto docker = parse_version(R"({"Version":"26.1.5+dfsg1","Components":[{"Name":"Engine"}]})", 45);
  ASSERT_TRUE(docker);
  EXPECT_EQ(docker->version, "26.1.5+dfsg1");
  EXPECT_EQ(docker->major, 26);
  EXPECT_EQ(docker->api_minor, 45);
  EXPECT_FALSE(docker->podman);

  const auto podman =
      parse_version(R"({"Version":"4.3.1","Components":[{"Name":"Podman Engine"},{"Name":"Conmon"}]})", 41);
  ASSERT_TRUE(podman);
  EXPECT_TRUE(podman->podman);
  EXPECT_FALSE(parse_version("no JSON", 45));
}

}  // namespace
}  // namespace docker
