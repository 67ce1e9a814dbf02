// Longer than most: the whole protocol of a conversation, one command and answer after another.

#include "api/conversation.hpp"

#include <gmock/gmock.h>

namespace api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Lines = std::vector<std::string>;

const std::string web_id(64, 'a');
const std::string db_id(64, 'b');
const std::string web = "container:logs:" + web_id;
const std::string db = "container:logs:" + db_id;

struct Printer {
  std::string operator()(const Say& say) const {  // `ref` is chance
    const std::size_t ref = say.text.find(",\"ref\":\"");
    return ref == std::string::npos ? say.text : std::string(say.text).erase(ref, 25);
  }
  std::string operator()(const Hang& hang) const { return "hang " + std::to_string(hang.code) + " " + hang.reason; }
  std::string operator()(const Resolve& resolve) const {
    return "resolve " + std::to_string(resolve.item) + " " + resolve.name;
  }
  std::string operator()(const Follow& follow) const {
    static constexpr const char* forms[] = {"batch", "line", "quiet_line", "payload"};
    std::string text = "follow " + std::to_string(follow.subscription) + (follow.fresh ? " fresh " : " again ") +
                       follow.container.substr(0, 2) + " " + forms[static_cast<int>(follow.shape.form)];
    if (!follow.shape.out) text += " -stdout";
    if (!follow.shape.err) text += " -stderr";
    if (follow.start.tail) text += " tail " + std::to_string(*follow.start.tail);
    if (follow.start.since_ns) text += " since " + std::to_string(*follow.start.since_ns);
    return text;
  }
  std::string operator()(const Unfollow& unfollow) const { return "unfollow " + std::to_string(unfollow.subscription); }
  std::string operator()(const ReadPage& read) const { return "read " + read.asked.container.substr(0, 2); }
  std::string operator()(const Publish& publish) const { return "publish " + publish.publication.channel; }
  std::string operator()(const ReadMessages& read) const { return "read " + read.channel; }
  std::string operator()(const AskPresence& ask) const { return "ask " + ask.channel; }
  std::string operator()(const Forget& forget) const { return "forget " + std::to_string(forget.subscription); }
  std::string operator()(const Strike& struck) const {
    return "strike " + std::string(limit_names.at(static_cast<std::size_t>(struck.limit)));
  }
};

Lines print(const Effects& effects) {
  Lines lines;
  for (const Effect& effect : effects) lines.push_back(std::visit(Printer{}, effect));
  return lines;
}

class ConversationTest : public testing::Test {
 protected:
  ConversationTest() {
    settings.instance = "one";
    settings.session_prefix = "one-ff";
    settings.subscriptions_max = 3;
  }
  Terms terms() { return {settings, *access, channels, random, net::WallTime{std::chrono::seconds(1000)}, 7}; }

  void require_token() { access = std::make_unique<auth::Access>(auth::Settings{auth::Mode::token, "t", false}); }
  Lines open(bool batches, std::optional<std::string> channel = {}, std::vector<Option> options = {}) {
    Conversation::Opening opening;
    if (access->mode() == auth::Mode::none) opening.identity = *access->identify("");
    opening.batches = batches;
    if (channel) opening.wish = Wish{*channel, std::move(options), {}};
    return print(talk.open(std::move(opening), terms()));
  }
  Lines say(std::string_view text) { return print(talk.receive(text, terms())); }
  Lines resolved(std::uint32_t item, std::string id) { return print(talk.resolved(item, {std::move(id)}, terms())); }
  Lines subscribed(std::uint32_t number) { return print(talk.subscribed(number, {"p1.x", "", "", {}}, terms())); }
  Lines refused(std::uint32_t number, base::Fault fault, std::string why) {
    return print(talk.refused(number, {fault, std::move(why)}, terms()));
  }
  // On `/ws`, past the opening.
  void greet() {
    open(true);
    say(R"({"type":"connect"})");
  }
  void follow_web() {
    say(R"({"type":"subscribe","channel":")" + web + R"("})");
    subscribed(0);
  }

  ServerSettings settings;
  std::unique_ptr<auth::Access> access = std::make_unique<auth::Access>(auth::Settings{});
  ChannelNames channels;
  net::Random random{1};
  Conversation talk;
};

std::string connected(const std::string& id = {}, const std::string& results = {}) {
  return R"({"type":"connected",)" + (id.empty() ? "" : "\"id\":" + id + ",") +
         R"("session":"one-ff-7","instance":"one","ping_ms":25000,"limits":{"message_bytes":65536,"subscriptions":3},)" +
         R"("subscriptions":[)" + results + "]}";
}

std::string subscribed_to(const std::string& channel, const std::string& requested, const std::string& id = {}) {
  return R"({"type":"subscribed",)" + (id.empty() ? "" : "\"id\":" + id + ",") + R"("channel":")" + channel +
         R"(","requested":")" + requested + R"(","position":"p1.x"})";
}

// Opening

TEST_F(ConversationTest, on_ws_nothing_is_said_before_the_first_command) {
  EXPECT_THAT(open(true), IsEmpty());
  EXPECT_FALSE(talk.busy());
}

TEST_F(ConversationTest, connect_is_answered_with_its_id) {
  open(true);
  EXPECT_THAT(say(R"({"type":"connect","id":"c"})"), ElementsAre(connected("\"c\"")));
}

TEST_F(ConversationTest, without_connect_the_first_other_command_opens_and_connected_comes_just_before_its_reply) {
  open(true);
  EXPECT_THAT(say(R"({"type":"ping","id":1})"), ElementsAre(connected(), R"({"type":"pong","id":1})"));
  EXPECT_THAT(say(R"({"type":"ping"})"), ElementsAre(R"({"type":"pong"})"));
}

TEST_F(ConversationTest, a_pong_is_no_command_that_opens) {
  open(true);
  EXPECT_THAT(say(R"({"type":"pong"})"), IsEmpty());
  EXPECT_THAT(say(R"({"type":"connect"})"), ElementsAre(connected()));
}

TEST_F(ConversationTest, on_a_path_with_the_subprotocol_connected_and_the_subscription_come_at_once) {
  EXPECT_THAT(open(true, web, {{"tail", "5"}}), ElementsAre(connected(), "follow 0 fresh aa batch tail 5"));
  EXPECT_TRUE(talk.busy());
  EXPECT_THAT(subscribed(0), ElementsAre(subscribed_to(web, web)));
  EXPECT_FALSE(talk.busy());
}

TEST_F(ConversationTest, a_quiet_opening_says_neither_connected_nor_subscribed) {
  EXPECT_THAT(open(false, "container:logs:web"), ElementsAre("resolve 0 web"));
  EXPECT_THAT(resolved(0, web_id), ElementsAre("follow 0 fresh aa quiet_line"));
  EXPECT_THAT(subscribed(0), IsEmpty());
}

TEST_F(ConversationTest, a_quiet_opening_ends_with_the_first_command_that_is_not_a_pong) {
  open(false, web);
  subscribed(0);
  EXPECT_THAT(say(R"({"type":"pong"})"), IsEmpty());
  EXPECT_THAT(say(R"({"type":"ping"})"), ElementsAre(connected(), R"({"type":"pong"})"));
  EXPECT_THAT(say(R"({"type":"subscribe","channel":")" + db + R"("})"), ElementsAre("follow 1 fresh bb line"));
}

TEST_F(ConversationTest, while_quiet_an_error_carries_a_readable_text) {
  open(false, web);
  subscribed(0);
  EXPECT_THAT(say("x"), ElementsAre(HasSubstr(R"("data":"This is not JSON)")));
}

TEST_F(ConversationTest, a_path_to_nothing_is_told_so_and_closed_with_4004) {
  open(false, "container:logs:web");
  const Resolution nothing{base::Error{base::Fault::not_found, "No such container: web"}};
  EXPECT_THAT(print(talk.resolved(0, nothing, terms())),
              ElementsAre(R"({"type":"error","channel":"container:logs:web","code":"not_found",)"
                          R"("message":"No such container: web","retry":false,"data":"No such container: web"})",
                          "hang 4004 No such container: web"));
}

TEST_F(ConversationTest, an_ambiguous_path_names_the_candidates_and_is_closed_with_4000) {
  open(true, "container:logs:we");
  const Resolution several{base::Error{base::Fault::ambiguous, "Several"}, {{web_id, "web"}, {db_id, "we\"b"}}};
  EXPECT_THAT(print(talk.resolved(0, several, terms())),
              ElementsAre(HasSubstr(R"("candidates":[{"id":")" + web_id + R"(","name":"web"},{"id":")" + db_id +
                                    R"(","name":"we\"b"}],"code":"ambiguous")"),
                          "hang 4000 Several"));
}

TEST_F(ConversationTest, a_bad_since_on_a_path_is_closed_with_4000) {
  EXPECT_THAT(open(false, web, {{"since", "soon"}}),
              ElementsAre(HasSubstr("bad_request"), HasSubstr("hang 4000 since")));
}

TEST_F(ConversationTest, a_path_whose_container_the_feeds_do_not_know_is_closed_with_4004) {
  open(true, web);
  EXPECT_THAT(refused(0, base::Fault::not_found, "Gone"),
              ElementsAre("forget 0", HasSubstr(R"("code":"not_found")"), "hang 4004 Gone"));
}

TEST_F(ConversationTest, a_path_whose_channel_cannot_go_on_is_closed) {
  open(false, web);
  subscribed(0);
  EXPECT_THAT(refused(0, base::Fault::unavailable, "Too slow"),
              ElementsAre("forget 0", HasSubstr(R"("code":"unavailable")"), "hang 4153 Too slow"));
}

TEST_F(ConversationTest, a_path_while_the_Engine_is_away_is_closed_with_a_code_that_means_try_again) {
  open(true, "container:logs:web");
  const Resolution away{base::Error{base::Fault::timed_out, "No answer"}};
  EXPECT_THAT(
      print(talk.resolved(0, away, terms())),
      ElementsAre(HasSubstr(R"("code":"unavailable","message":"No answer","retry":true)"), "hang 4153 No answer"));
}

TEST_F(ConversationTest, a_path_to_a_channel_that_is_none_is_closed_with_4000) {
  EXPECT_THAT(open(true, "app:"), ElementsAre(connected(), HasSubstr("bad_request"), HasSubstr("hang 4000")));
}

// Credentials

TEST_F(ConversationTest, without_credentials_only_connect_is_listened_to) {
  require_token();
  open(true);
  EXPECT_FALSE(talk.known());
  EXPECT_THAT(say(R"({"type":"ping","id":1})"),
              ElementsAre(HasSubstr(R"({"type":"error","id":1,"code":"unauthorized")")));
  EXPECT_THAT(say(R"({"type":"connect","id":2})"), ElementsAre(HasSubstr("unauthorized")));
  EXPECT_THAT(say(R"({"type":"connect","id":3,"token":"t"})"), ElementsAre(connected("3")));
  EXPECT_TRUE(talk.known());
}

TEST_F(ConversationTest, a_token_that_is_not_accepted_is_told_so_and_closed_with_4300) {
  require_token();
  open(true);
  EXPECT_THAT(say(R"({"type":"connect","token":"x"})"),
              ElementsAre(HasSubstr("unauthorized"), "hang 4300 The token is not accepted."));
}

TEST_F(ConversationTest, a_path_waits_for_credentials_before_it_subscribes) {
  require_token();
  EXPECT_THAT(open(true, web), IsEmpty());
  EXPECT_THAT(say(R"({"type":"connect","id":1,"token":"t"})"), ElementsAre(connected("1"), "follow 0 fresh aa batch"));
  EXPECT_THAT(subscribed(0), ElementsAre(subscribed_to(web, web)));
}

TEST_F(ConversationTest, credentials_that_do_not_come_in_time_end_it_with_4308) {
  require_token();
  open(true);
  EXPECT_THAT(print(talk.give_up(terms())), ElementsAre(HasSubstr("unauthorized"), HasSubstr("hang 4308")));
}

// Commands

TEST_F(ConversationTest, what_is_not_understood_is_a_bad_request_and_the_connection_stays) {
  greet();
  EXPECT_THAT(say("{"), ElementsAre(HasSubstr(R"("code":"bad_request")")));
  EXPECT_THAT(say(R"({"type":"dance","id":4})"),
              ElementsAre(HasSubstr(R"({"type":"error","id":4,"code":"bad_request")")));
}

TEST_F(ConversationTest, a_command_that_lacks_something_opens_the_connection_too) {
  open(true);
  EXPECT_THAT(say(R"({"type":"dance","id":1})"), ElementsAre(HasSubstr("bad_request")));
  EXPECT_THAT(say(R"({"type":"connect","subscriptions":2})"), ElementsAre(HasSubstr("bad_request")));
  EXPECT_THAT(say(R"({"type":"subscribe","id":2})"),
              ElementsAre(HasSubstr(R"({"type":"connected","session")"), HasSubstr(R"({"type":"error","id":2)")));
  EXPECT_THAT(say(R"({"type":"connect"})"), ElementsAre(HasSubstr("bad_request")));
}

TEST_F(ConversationTest, connect_is_a_bad_request_when_a_command_was_handled_before) {
  open(true);
  say(R"({"type":"ping"})");
  EXPECT_THAT(say(R"({"type":"connect"})"), ElementsAre(HasSubstr("bad_request")));
}

TEST_F(ConversationTest, a_name_is_resolved_and_the_reply_says_the_full_channel_beside_what_was_asked) {
  greet();
  EXPECT_THAT(say(R"({"type":"subscribe","id":2,"channel":"container:logs:web","tail":200,"stderr":false})"),
              ElementsAre("resolve 0 web"));
  EXPECT_TRUE(talk.busy());
  EXPECT_THAT(resolved(0, web_id), ElementsAre("follow 0 fresh aa batch -stderr tail 200"));
  EXPECT_THAT(subscribed(0), ElementsAre(subscribed_to(web, "container:logs:web", "2")));
  EXPECT_FALSE(talk.busy());
}

TEST_F(ConversationTest, the_reply_says_how_a_position_was_recovered_and_what_was_lost) {
  greet();
  say(R"({"type":"subscribe","channel":")" + web + R"("})");
  const feeds::Subscribed answer{"p1.x", "partial", "", feeds::Lost{"p1.a", "p1.b", "rotated"}};
  EXPECT_THAT(
      print(talk.subscribed(0, answer, terms())),
      ElementsAre(HasSubstr(
          R"("position":"p1.x","recovered":"partial","lost":{"from":"p1.a","to":"p1.b","reason":"rotated"}})")));
}

TEST_F(ConversationTest, subscribing_again_replaces_the_options_and_never_duplicates) {
  greet();
  follow_web();
  EXPECT_THAT(say(R"({"type":"subscribe","channel":")" + web + R"(","stdout":false})"),
              ElementsAre("follow 0 again aa batch -stdout"));
  subscribed(0);
  EXPECT_EQ(talk.subscriptions().size(), 1U);
}

TEST_F(ConversationTest, connect_answers_all_subscriptions_in_order_whichever_is_ready_first) {
  open(true);
  EXPECT_THAT(
      say(R"({"type":"connect","id":1,"subscriptions":[{"channel":"container:logs:web"},{"channel":"user:x"},{"channel":")" +
          db + R"("},{}]})"),
      ElementsAre("resolve 0 web", "follow 0 fresh bb batch"));
  EXPECT_THAT(subscribed(0), IsEmpty());
  EXPECT_THAT(resolved(0, web_id), ElementsAre("follow 1 fresh aa batch"));
  const Lines lines = subscribed(1);
  ASSERT_EQ(lines.size(), 1U);
  const std::string before = connected("1", subscribed_to(web, "container:logs:web"));
  EXPECT_THAT(lines[0], testing::StartsWith(before.substr(0, before.size() - 2)));
  EXPECT_THAT(lines[0], testing::ContainsRegex("forbidden.*subscribed.*bbbb.*bad_request"));
}

TEST_F(ConversationTest, one_channel_twice_in_a_connect_is_followed_once_with_the_second_options) {
  open(true);
  EXPECT_THAT(say(R"({"type":"connect","subscriptions":[{"channel":")" + web +
                  R"("},{"channel":"container:logs:w","tail":1}]})"),
              ElementsAre("follow 0 fresh aa batch", "resolve 1 w"));
  EXPECT_THAT(resolved(1, web_id), IsEmpty());
  EXPECT_THAT(subscribed(0), ElementsAre("follow 0 again aa batch tail 1"));
  EXPECT_THAT(subscribed(0),
              ElementsAre(connected("", subscribed_to(web, web) + "," + subscribed_to(web, "container:logs:w"))));
}

TEST_F(ConversationTest, one_channel_twice_in_a_connect_is_tried_twice_when_the_first_is_refused) {
  open(true);
  say(R"({"type":"connect","subscriptions":[{"channel":")" + web + R"("},{"channel":")" + web + R"("}]})");
  EXPECT_THAT(refused(0, base::Fault::unavailable, "x"), ElementsAre("forget 0", "follow 0 fresh aa batch"));
  EXPECT_THAT(refused(0, base::Fault::unavailable, "x"), ElementsAre("forget 0", HasSubstr("connected")));
}

TEST_F(ConversationTest, more_subscriptions_than_the_bound_are_too_many) {
  greet();
  for (int i = 0; i < 3; ++i) {
    say(R"({"type":"subscribe","channel":"container:logs:)" + std::string(64, static_cast<char>('0' + i)) + R"("})");
    subscribed(static_cast<std::uint32_t>(i));
  }
  EXPECT_THAT(say(R"({"type":"subscribe","channel":")" + web + R"("})"),
              ElementsAre("strike subscriptions", HasSubstr(R"("code":"too_many")")));
  EXPECT_THAT(say(R"({"type":"subscribe","channel":"container:logs:)" + std::string(64, '1') + R"("})"),
              ElementsAre(HasSubstr("follow 1 again")));
}

TEST_F(ConversationTest, one_connect_asks_the_engine_for_no_more_names_than_it_may_follow) {
  open(true);
  std::string wishes;
  for (int i = 0; i < 10; ++i)
    wishes += (i > 0 ? "," : "") + (R"({"channel":"container:logs:n)" + std::to_string(i)) + R"("})";
  const Lines effects = say(R"({"type":"connect","subscriptions":[)" + wishes + "]}");
  EXPECT_EQ(std::count_if(effects.begin(), effects.end(), [](auto& each) { return each.starts_with("resolve"); }), 3);
  EXPECT_EQ(std::count(effects.begin(), effects.end(), "strike subscriptions"), 7);
}

TEST_F(ConversationTest, a_command_that_is_turned_down_is_answered_with_its_id_and_a_pong_is_not) {
  greet();
  const Failure failure{Code::rate_limited, "Slower."};
  EXPECT_THAT(print(talk.turn_down(R"({"type":"ping","id":"p"})", failure, terms())),
              ElementsAre(R"({"type":"error","id":"p","code":"rate_limited","message":"Slower.","retry":true})"));
  EXPECT_THAT(print(talk.turn_down(R"({"type":"pong"})", failure, terms())), IsEmpty());
}

TEST_F(ConversationTest, unsubscribe_is_answered_behind_the_last_message) {
  greet();
  follow_web();
  EXPECT_THAT(say(R"({"type":"unsubscribe","id":9,"channel":")" + web + R"("})"), ElementsAre("unfollow 0"));
  EXPECT_TRUE(talk.busy());
  EXPECT_THAT(print(talk.unfollowed(0, terms())),
              ElementsAre("forget 0", R"({"type":"unsubscribed","id":9,"channel":")" + web + R"("})"));
  EXPECT_EQ(channels.size(), 0U);
}

TEST_F(ConversationTest, unsubscribe_takes_a_name_too) {
  greet();
  follow_web();
  EXPECT_THAT(say(R"({"type":"unsubscribe","channel":"container:logs:web"})"), ElementsAre("resolve 0 web"));
  EXPECT_THAT(resolved(0, web_id), ElementsAre("unfollow 0"));
}

TEST_F(ConversationTest, unsubscribing_from_what_is_not_subscribed_is_not_found) {
  greet();
  EXPECT_THAT(say(R"({"type":"unsubscribe","channel":")" + web + R"("})"), ElementsAre(HasSubstr("not_found")));
  EXPECT_THAT(say(R"({"type":"unsubscribe","channel":"news"})"), ElementsAre(HasSubstr("not_found")));
}

TEST_F(ConversationTest, a_number_is_free_again_when_its_container_is_gone) {
  greet();
  follow_web();
  EXPECT_THAT(print(talk.ended(0, terms())), ElementsAre("forget 0"));
  EXPECT_THAT(say(R"({"type":"subscribe","channel":")" + db + R"("})"), ElementsAre("follow 0 fresh bb batch"));
}

TEST_F(ConversationTest, a_container_that_goes_while_its_options_change_is_forgotten_once) {
  greet();
  follow_web();
  say(R"({"type":"subscribe","channel":")" + web + R"("})");
  EXPECT_THAT(print(talk.ended(0, terms())), IsEmpty());
  EXPECT_THAT(refused(0, base::Fault::not_found, "Gone"), ElementsAre("forget 0", HasSubstr("not_found")));
}

TEST_F(ConversationTest, a_container_that_goes_while_it_is_unsubscribed_is_forgotten_once) {
  greet();
  follow_web();
  say(R"({"type":"unsubscribe","channel":")" + web + R"("})");
  EXPECT_THAT(print(talk.ended(0, terms())), IsEmpty());
  EXPECT_THAT(print(talk.unfollowed(0, terms())), ElementsAre("forget 0", HasSubstr("unsubscribed")));
}

TEST_F(ConversationTest, what_the_protocol_knows_and_this_version_does_not_is_unsupported) {
  greet();
  for (const char* text :

       {R"({"type":"history","channel":"news"})", R"({"type":"presence","channel":"news"})",
        R"({"type":"refresh","token":"t"})", R"({"type":"ack"})"})
    EXPECT_THAT(say(text), ElementsAre(HasSubstr(R"("code":"unsupported")"))) << text;
}

TEST_F(ConversationTest, publishing_to_anything_but_app_is_forbidden) {
  greet();
  EXPECT_THAT(say(R"({"type":"publish","id":1,"channel":"docker:events","data":{}})"),
              ElementsAre(HasSubstr(R"("channel":"docker:events","code":"forbidden")")));
}

TEST_F(ConversationTest, a_channel_that_is_no_name_is_a_bad_request) {
  greet();
  EXPECT_THAT(say(R"({"type":"subscribe","channel":"a b"})"), ElementsAre(HasSubstr("bad_request")));
  EXPECT_THAT(say(R"({"type":"subscribe","channel":""})"), ElementsAre(HasSubstr("bad_request")));
}

TEST_F(ConversationTest, at_its_end_it_gives_the_names_of_its_channels_back) {
  greet();
  follow_web();
  talk.end(channels);
  EXPECT_EQ(channels.size(), 0U);
}

TEST(Conversation, an_idle_one_is_small) { EXPECT_LE(sizeof(Conversation), 48U); }

}  // namespace
}  // namespace api
