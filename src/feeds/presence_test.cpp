#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feeds/presence_watch.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

PresenceReply reply(const std::string& instance, std::uint64_t version, const std::vector<std::string>& sessions) {
  PresenceReply made{instance, version, false, sessions.size(), {}};
  for (const std::string& each : sessions) made.members.push_back({each, "ann", instance});
  return made;
}

TEST(Presence, SaysWhatItWasMadeOf) {
  const auto question = decode_question(encode(PresenceQuestion{"app:chat", {{"web-1", 7}, {"web-2", 9}}}));
  ASSERT_TRUE(question);
  EXPECT_EQ(question->channel, "app:chat");
  EXPECT_EQ(question->known.at("web-2"), 9u);
  const auto read = decode_reply(encode(reply("web-1", 3, {"a", "b"})));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version, 3u);
  EXPECT_EQ(read->members.at(1).session, "b");
  EXPECT_EQ(read->members.at(1).instance, "web-1");
  const auto drawn = decode_reply(encode(reply("web-1-0123456789abcdef", 1, {"s"})));
  EXPECT_EQ(drawn->members.at(0).instance, "web-1") << "its label, as everywhere else";
  const std::string whole = encode(reply("web-1", 3, {"a"}));
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(decode_reply(whole.substr(0, cut))) << cut;
}

constexpr std::size_t members_max = 5;

TEST(Presence, TooManyAreCounted) {
  PresenceReply many = reply("web-1", 1, {"a"});
  many.count = members_max;
  const Presence all = sum({many, reply("web-2", 1, {"b"})}, members_max);
  EXPECT_EQ(all.count, members_max + 1);
  EXPECT_TRUE(all.members.empty());
  PresenceReply counts = reply("web-3", 1, {});
  counts.count = 1;
  EXPECT_TRUE(sum({reply("web-1", 1, {"a"}), counts}, members_max).members.empty()) << "that one names fewer";
  EXPECT_EQ(sum({reply("web-2", 1, {"b"}), reply("web-1", 1, {"a"})}, members_max).members.front().session, "a");
}

class PresenceWatchTest : public testing::Test {
 protected:
  std::vector<std::string> look(const std::vector<PresenceReply>& replies, net::Duration at) {
    std::vector<std::string> said;
    for (const auto& each : watch.look(replies, net::Instant(1h + at)))
      said.push_back((each.joins ? "+" : "-") + each.member.session);
    return said;
  }
  PresenceWatch watch{members_max};
};

TEST_F(PresenceWatchTest, WhoComesAndGoesIsTold) {
  EXPECT_THAT(look({reply("one", 1, {"a", "b"}), reply("two", 1, {"c"})}, 0s), IsEmpty()) << "they were there";
  EXPECT_THAT(look({reply("one", 2, {"b", "d"}), reply("two", 1, {"c"})}, 2s), ElementsAre("-a", "+d"));
  EXPECT_EQ(watch.known().at("one"), 2u);
  PresenceReply same{"one", 2, true, 2, {}};
  EXPECT_THAT(look({same, reply("two", 0, {})}, 4s), ElementsAre("-c"));
}

TEST_F(PresenceWatchTest, WhoseInstanceSaysNothingLeavesAfterAWhile) {
  look({reply("one", 1, {"a"}), reply("two", 1, {"c"})}, 0s);
  const PresenceReply same{"one", 1, true, 1, {}};
  for (net::Duration at = 2s; at <= 10s; at += 2s) EXPECT_THAT(look({same}, at), IsEmpty());
  EXPECT_THAT(look({same}, 11s), ElementsAre("-c"));
}

TEST_F(PresenceWatchTest, ATimeWithoutAnyLookIsNobodysSilence) {
  look({reply("one", 1, {"a"}), reply("two", 1, {"c"})}, 0s);
  const PresenceReply one{"one", 1, true, 1, {}}, two{"two", 1, true, 1, {}};
  EXPECT_THAT(look({one}, 60s), IsEmpty());
  EXPECT_THAT(look({one, two}, 62s), IsEmpty());
  EXPECT_THAT(look({one}, 100s), IsEmpty());
}

TEST_F(PresenceWatchTest, OverTheLimitNobodyIsNamed) {
  look({reply("one", 1, {"a"})}, 0s);
  PresenceReply many = reply("two", 1, {});
  many.count = members_max;
  EXPECT_THAT(look({reply("one", 2, {"a", "b"}), many}, 2s), IsEmpty());
  EXPECT_THAT(look({reply("one", 3, {"a"}), reply("two", 0, {})}, 4s), IsEmpty());
  EXPECT_THAT(look({reply("one", 4, {"a", "d"})}, 6s), ElementsAre("+d"));
}

}  // namespace
}  // namespace feeds
