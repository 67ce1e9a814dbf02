#include "auth/access.hpp"

#include <gtest/gtest.h>

namespace auth {
namespace {

const Settings with_token{Mode::token, "s3cret", false};

http::Request bearing(std::string_view authorization) {
  http::Request request;
  request.headers.add("Authorization", authorization);
  return request;
}

TEST(Access, without_access_control_everybody_is_anonymous_and_may_do_everything) {
  const Access access{Settings{}};
  const auto identity = access.identify(bearing("Bearer whatever"));
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->subject(), "anonymous");
  EXPECT_TRUE(access.may(*identity, Verb::read_logs, "abc"));
}

TEST(Access, nobody_may_do_anything) { EXPECT_FALSE(Access(with_token).may(Identity(), Verb::list_containers, "")); }

TEST(Access, a_request_without_credentials_is_nobody_and_not_an_error) {
  const auto identity = Access(with_token).identify(http::Request{});
  ASSERT_TRUE(identity);
  EXPECT_FALSE(identity->known());
}

TEST(Access, the_right_bearer_token_is_accepted_whatever_the_case_of_its_scheme) {
  const Access access(with_token);
  for (const char* header : {"Bearer s3cret", "bearer s3cret", "BEARER   s3cret "}) {
    const auto identity = access.identify(bearing(header));
    ASSERT_TRUE(identity) << header;
    EXPECT_TRUE(access.may(*identity, Verb::read_logs, "abc"));
  }
}

TEST(Access, wrong_credentials_are_an_error_and_never_nobody) {
  const Access access(with_token);
  for (const char* header : {"Bearer s3cre", "Bearer s3crets", "Bearer s3creT", "Bearer ", "Bearer", "", "Basic s3cret",
                             "Bearer s3crets3cret"}) {
    const auto identity = access.identify(bearing(header));
    ASSERT_FALSE(identity) << header;
    EXPECT_EQ(identity.error().fault, base::Fault::unauthorized);
  }
  http::Request twice = bearing("Bearer s3cret");
  twice.headers.add("Authorization", "Bearer s3cret");
  EXPECT_FALSE(access.identify(twice));
}

TEST(Access, a_token_in_the_query_counts_only_where_the_operator_allows_it) {
  http::Request request;
  request.target.query.push_back({"token", "s3cret"});
  EXPECT_FALSE(Access(with_token).identify(request)->known());

  Settings lenient = with_token;
  lenient.allow_query_token = true;
  const Access access(lenient);
  EXPECT_TRUE(access.identify(request)->known());
  request.target.query.front().value = "other";
  EXPECT_FALSE(access.identify(request));
}

}  // namespace
}  // namespace auth
