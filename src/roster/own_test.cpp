#include "roster/own.hpp"

#include <gmock/gmock.h>

#include "net/still_loop.hpp"

namespace roster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using What = SessionNews::What;

constexpr net::WallTime then{std::chrono::seconds(1'700'000'000)};

// Answers when the test does.
struct AskedCensus final : Census {
  void take(std::size_t most_of_each, OnPart answer) override {
    most = most_of_each;
    on_part = std::move(answer);
  }
  std::size_t most = 0;
  OnPart on_part;
};

struct PostingLoop final : net::StillLoop {
  void post(net::Callback call) override { posted.push_back(std::move(call)); }
  std::vector<net::Callback> posted;
};

class OwnTest : public ::testing::Test {
 protected:
  OwnTest() { own_.set_census(census_); }

  static SessionNews news(What what, std::uint64_t number, std::string subject = "me") {
    return {.what = what,
            .number = number,
            .subject = std::move(subject),
            .subscriptions = 4,
            .address = "::1",
            .connected = then};
  }
  // What write.lua would have written of the sessions.
  Rows written() {
    Journal& sessions = own_.journals().sessions;
    while (!sessions.clean()) {
      const Journal::Batch batch = sessions.next(2);
      if (batch.seen.empty()) copy_.clear();
      for (const std::string& name : batch.removed) copy_.erase(name);
      for (const auto& [name, row] : batch.rows) copy_[name] = row;
    }
    return copy_;
  }
  std::vector<std::string> numbers() {
    std::vector<std::string> all;
    for (const auto& [number, row] : written()) all.push_back(number);
    return all;
  }

  AskedCensus census_;
  PostingLoop loop_;
  Own own_{"web-00", "web", "0.1", then};
  Rows copy_;
};

TEST_F(OwnTest, CountsWhatItIsTold) {
  own_.tell(news(What::opened, 256));
  own_.tell(news(What::opened, 512));
  own_.tell({.what = What::closed, .number = 512});
  const OwnChannel channels[] = {{"a", 3, true}, {"b", 1, false}};
  own_.set_channels(channels);
  View seen;
  own_.view(loop_, Kind::channels, [&seen](View view) { seen = std::move(view); });
  EXPECT_THAT(seen.instances, IsEmpty()) << "told inside the call";
  ASSERT_THAT(loop_.posted, SizeIs(1));
  loop_.posted[0]();
  ASSERT_THAT(seen.instances, SizeIs(1));
  EXPECT_EQ(seen.instances[0].sessions, 1U);
  EXPECT_EQ(seen.instances[0].channels, 2U);
  EXPECT_EQ(seen.instances[0].readers, 1U);
  EXPECT_THAT(seen.channels, SizeIs(2));
  EXPECT_THAT(seen.sessions, IsEmpty());
}

TEST_F(OwnTest, SessionsAreSeenWhenAllPartsAreHere) {
  std::optional<View> seen;
  own_.view(loop_, Kind::sessions, [&seen](View view) { seen = std::move(view); });
  EXPECT_GT(census_.most, sessions_max) << "else nobody would know that there are more";
  census_.on_part({news(What::changed, 256)}, false);
  EXPECT_FALSE(seen);
  census_.on_part({news(What::changed, 512, "")}, true);
  ASSERT_TRUE(seen);
  ASSERT_THAT(seen->sessions, SizeIs(2));
  EXPECT_EQ(seen->sessions[0].name, "web-00-256");
  EXPECT_EQ(seen->sessions[0].instance, "web");
  EXPECT_EQ(seen->sessions[0].subject, "me");
  EXPECT_EQ(seen->sessions[0].address, "::1");
  EXPECT_EQ(seen->sessions[0].connected, then);
  EXPECT_EQ(seen->sessions[0].subscriptions, 4U);
  EXPECT_EQ(seen->sessions[1].name, "web-00-512");
}

TEST_F(OwnTest, NothingIsKeptOfSessionsBeforeACopyBegins) {
  own_.tell(news(What::opened, 256));
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(OwnTest, ACopyHasTheCensusAndWhatCameMeanwhile) {
  own_.tell(news(What::opened, 256));
  written();
  own_.tell(news(What::opened, 512));
  own_.tell({.what = What::closed, .number = 256});  // before its loop was asked: it is not in the part
  census_.on_part({news(What::changed, 512), news(What::changed, 768)}, false);
  EXPECT_THAT(numbers(), ElementsAre("512", "768"));
  own_.tell({.what = What::closed, .number = 768});
  own_.tell(news(What::opened, 1024));
  census_.on_part({news(What::changed, 1280)}, true);
  EXPECT_THAT(numbers(), ElementsAre("1024", "1280", "512"));
}

TEST_F(OwnTest, ACopyThatIsLostIsWrittenAnewFromAnotherCensus) {
  written();
  census_.on_part({news(What::changed, 256), news(What::changed, 512)}, true);
  EXPECT_THAT(numbers(), ElementsAre("256", "512"));
  own_.journals().sessions.lost();
  own_.tell({.what = What::closed, .number = 512});
  EXPECT_THAT(numbers(), IsEmpty());
  census_.on_part({news(What::changed, 256, "you")}, true);
  EXPECT_THAT(numbers(), ElementsAre("256"));
  EXPECT_EQ(parse_session(copy_.at("256"))->subject, "you");
}

}  // namespace
}  // namespace roster
