// `history`: what it may ask of a log, in turn with the other commands, and its reply.
#include <gmock/gmock.h>

#include "api/server_fixture.hpp"

namespace api::testing_bench {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConversationHistory : public ServerTest {
 protected:
  int hello() {
    const int client = open("/ws", v1);
    talk(client, R"({"type":"connect"})");
    return client;
  }
  std::string history(const std::string& more) {
    return R"({"type":"history","id":7,"channel":"container:logs:)" + container + "\"" + more + "}";
  }
  void answer(std::size_t number, base::Result<feeds::Page> page) {
    control.pages.at(number).on_page(std::move(page));
    server->on_turn_end();
  }
  const std::string place = docker::Position{1, {}, {docker::Mark{5, 1}, docker::Mark{}}}.print();
};

TEST_F(ConversationHistory, a_page_is_the_one_reply_and_needs_no_subscription) {
  const int client = hello();
  EXPECT_THAT(talk(client, history(R"(,"limit":20)")), IsEmpty());
  ASSERT_EQ(control.pages.size(), 1U);
  EXPECT_EQ(control.pages[0].asked.container, container);
  EXPECT_EQ(control.pages[0].asked.limit, 20U);
  EXPECT_FALSE(control.pages[0].asked.after || control.pages[0].asked.before || control.pages[0].asked.since_ns);
  answer(0, feeds::Page{R"([{"type":"log"}])", "p1.a", "p1.b", true});
  EXPECT_THAT(heard_frames(client),
              ElementsAre(R"({"type":"history","id":7,"channel":"container:logs:)" + container +
                          R"(","items":[{"type":"log"}],"first":"p1.a","last":"p1.b","more":true})"));
  EXPECT_THAT(control.follows, IsEmpty());
}

TEST_F(ConversationHistory, it_goes_back_from_a_position_or_on_from_one_or_from_a_time) {
  const int client = hello();
  talk(client, history(R"(,"before":")" + place + "\""));
  EXPECT_EQ(control.pages.at(0).asked.before->print(), place);
  EXPECT_EQ(control.pages[0].asked.limit, 100U);
  answer(0, feeds::Page{"[]", place, place, false});
  talk(client, history(R"(,"since":")" + place + "\""));
  EXPECT_EQ(control.pages.at(1).asked.after->print(), place);
  answer(1, feeds::Page{"[]", place, place, false});
  talk(client, history(R"(,"since":1000,"limit":1000)"));
  EXPECT_EQ(control.pages.at(2).asked.since_ns, 1'000'000'000'000);
  EXPECT_EQ(control.pages[2].asked.limit, 1000U);
}

TEST_F(ConversationHistory, what_is_wrong_with_it_is_said) {
  const int client = hello();
  for (const char* wrong : {R"(,"limit":0)", R"(,"limit":1001)", R"(,"limit":"x")", R"(,"limit":-1)", R"(,"limit":[])",
                            R"(,"before":"yesterday")", R"(,"since":"p1.x")"}) {
    EXPECT_THAT(talk(client, history(wrong)),
                ElementsAre(AllOf(HasSubstr(R"("type":"error","id":7)"), HasSubstr(R"("code":"bad_request")"))))
        << wrong;
  }
  EXPECT_THAT(talk(client, history(R"(,"before":")" + place + R"(","since":")" + place + "\"")),
              ElementsAre(HasSubstr("not both")));
  EXPECT_THAT(talk(client, R"({"type":"history"})"), ElementsAre(HasSubstr(R"("code":"bad_request")")));
  EXPECT_THAT(control.pages, IsEmpty());
}

TEST_F(ConversationHistory, a_name_is_looked_up_and_an_error_keeps_its_code) {
  const int client = hello();
  talk(client, R"({"type":"history","id":1,"channel":"container:logs:web"})");
  ASSERT_EQ(control.questions.size(), 1U);
  EXPECT_EQ(control.questions[0].name, "web");
  control.questions[0].on_resolved({container});
  ASSERT_EQ(control.pages.size(), 1U);
  answer(0, base::Error{base::Fault::unsupported, "configured logging driver does not support reading"});
  EXPECT_THAT(heard_frames(client), ElementsAre(AllOf(HasSubstr(R"("id":1)"), HasSubstr(R"("code":"unsupported")"))));
}

TEST_F(ConversationHistory, the_next_command_waits_for_its_page) {
  const int client = hello();
  talk(client, history(""));
  EXPECT_THAT(talk(client, R"({"type":"ping"})"), IsEmpty());
  answer(0, feeds::Page{"[]", "p1.a", "p1.a", false});
  EXPECT_THAT(heard_frames(client), ElementsAre(HasSubstr("history"), R"({"type":"pong"})"));
}

TEST_F(ConversationHistory, a_page_for_somebody_who_left_is_forgotten) {
  const int client = hello();
  talk(client, history(""));
  sockets.end(client).failed = true;
  sockets.ready(client);
  EXPECT_TRUE(gone(client));
  const int next = hello();
  answer(0, feeds::Page{"[]", "p1.a", "p1.a", false});
  EXPECT_THAT(heard_frames(next), IsEmpty());
}

}  // namespace
}  // namespace api::testing_bench
