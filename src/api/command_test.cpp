#include "api/command.hpp"

#include <gmock/gmock.h>

namespace api {
namespace {

using Kind = Command::Kind;

TEST(Command, subscribe_carries_a_channel_and_options_as_text) {
  const Command command = parse_command(
      R"({"type":"subscribe","id":2,"channel":"container:logs:web","tail":200,"stderr":false,"since":1700000000.5})");
  ASSERT_EQ(command.kind, Kind::subscribe);
  EXPECT_EQ(command.id, "2");
  ASSERT_EQ(command.wishes.size(), 1U);
  EXPECT_EQ(command.wishes[0].channel, "container:logs:web");
  ASSERT_EQ(command.wishes[0].options.size(), 3U);
  EXPECT_EQ(command.wishes[0].options[0].value, "1700000000.500000000");
  EXPECT_EQ(command.wishes[0].options[1].value, "200");
  EXPECT_EQ(command.wishes[0].options[2].value, "false");
}

TEST(Command, connect_carries_a_token_and_subscriptions_of_which_one_may_be_wrong) {
  const Command command = parse_command(
      R"({"type":"connect","token":"t","subscriptions":[{"channel":"containers"},{"tail":1},7,{"channel":"x","tail":[]}]})");
  ASSERT_EQ(command.kind, Kind::connect);
  EXPECT_EQ(command.token, "t");
  ASSERT_EQ(command.wishes.size(), 4U);
  EXPECT_TRUE(command.wishes[0].problem.empty());
  for (std::size_t i = 1; i < 4; ++i) EXPECT_FALSE(command.wishes[i].problem.empty()) << i;
}

TEST(Command, an_id_is_any_number_or_text_and_kept_exactly_as_it_was_sent) {
  for (const char* id : {"1", "-0.5e-3", "123456789012345678901234567890", R"("a\u0041\"}")", R"("")", "1E2"})
    EXPECT_EQ(
        parse_command(R"({"x":{"id":9,"y":["id",{"id":8}]}, "id" : )" + std::string(id) + R"( ,"type":"ping"})").id,
        id);
  EXPECT_EQ(parse_command(R"({"type":"ping"})").id, "");
  EXPECT_EQ(parse_command(R"({"id":1,"type":"ping","id":2})").id, "2");
  EXPECT_EQ(parse_command(R"({"type":"id","id":3})").id, "3");
  EXPECT_EQ(parse_command(R"({"id":{"a":1},"\u0069d":4,"type":"ping"})").id, "4");
  for (const char* id : {"{}", "[1]", "true"}) {
    const Command command = parse_command(R"({"type":"ping","id":)" + std::string(id) + "}");
    EXPECT_EQ(command.kind, Kind::bad);
    EXPECT_EQ(command.id, "");
  }
}

TEST(Command, what_cannot_be_understood_is_bad_and_still_has_its_id) {
  for (const char* text :
       {"", "{", "[]", "7", "null", "{}", R"({"type":7})", R"({"type":"dance"})", R"({"type":"subscribe"})",
        R"({"type":"subscribe","channel":5})", R"({"type":"connect","token":1})",
        R"({"type":"connect","subscriptions":{}})", R"({"type":"ping"}x)", "\xff"}) {
    const Command command = parse_command(text);
    EXPECT_EQ(command.kind, Kind::bad) << text;
    EXPECT_FALSE(command.problem.empty()) << text;
  }
  EXPECT_EQ(parse_command(R"({"type":"dance","id":"q"})").id, R"("q")");
}

TEST(Command, nesting_that_would_exhaust_a_parser_is_bad) {
  EXPECT_EQ(parse_command(std::string(60'000, '[')).kind, Kind::bad);
}

TEST(Command, fields_that_are_not_known_are_ignored) {
  EXPECT_EQ(parse_command(R"({"type":"pong","extra":{"a":[1,2]}})").kind, Kind::pong);
}

}  // namespace
}  // namespace api
