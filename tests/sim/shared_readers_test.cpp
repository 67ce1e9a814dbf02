// Longer than most: one fixture, and each fault that may come between the one who reads an Engine and those who hear
// it. Three instances, one Engine, one Redis: one of them reads events, list and stats for all, whatever happens, and
// each shows every event once and in order, at the same position, and the right picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "sim/feeds_instance.hpp"
#include "sim/sim_engine.hpp"
#include "sim/sim_redis.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using feeds::Source;
namespace json = boost::json;

constexpr net::Duration right_within = 15s;  // of the Engine's or the reader's return (protocol.md)

// What somebody sees who follows the events and the picture of an instance.
struct Watcher {
  explicit Watcher(FeedsInstance& at) : of(at), events(at.follow(Source::docker_events)) {
    picture = at.follow(Source::containers);
  }
  void look() {
    for (const json::object& message : of.heard(events)) {
      if (message.at("type") == "status") {
        said.push_back(FeedsInstance::in_short(message));
        continue;
      }
      const json::object& event = message.at("event").as_object();
      seen.push_back(FeedsInstance::text(event.at("Action")) + " " + FeedsInstance::text(event.at("id")));
      positions[seen.back()] = FeedsInstance::text(message.at("position"));
    }
    for (const json::object& message : of.heard(picture)) {
      if (message.at("type") == "status") continue;
      if (message.at("type") == "containers") {
        shown.clear();
        for (const json::value& each : message.at("containers").as_array()) show(each);
      } else if (message.at("change") == "removed") {
        shown.erase(FeedsInstance::text(message.at("container").at("id")));
      } else {
        show(message.at("container"));
      }
    }
  }
  void show(const json::value& container) {
    shown[FeedsInstance::text(container.at("id"))] =
        FeedsInstance::text(container.at("name")) + " " + FeedsInstance::text(container.at("state"));
  }

  FeedsInstance& of;
  std::uint32_t events, picture = 0;
  std::vector<std::string> seen, said;
  std::map<std::string, std::string> positions, shown;
};

class SharedReaders : public testing::Test {
 protected:
  static constexpr std::size_t count = 3;
  SharedReaders() {
    for (std::size_t i = 0; i < count; ++i) start(i);
    EXPECT_TRUE(world_.run_until([this] { return bus_name_.size() > 0 && ready(); }, 10s));
    for (auto& each : here_) watchers_.push_back(std::make_unique<Watcher>(*each));
    world_.run_for(2s);
  }
  ~SharedReaders() override {
    watchers_.clear();
    here_.clear();
  }

  net::SimHost& host(std::size_t i) { return world_.host("i" + std::to_string(i)); }
  void start(std::size_t i) {
    here_.resize(std::max(here_.size(), i + 1));
    feeds::Settings settings;
    settings.lease_ttl = 10s;
    here_[i] = std::make_unique<FeedsInstance>(world_, "i" + std::to_string(i), true, settings);
  }
  void kill(std::size_t i) {
    host(i).kill();
    watchers_[i].reset();
    here_[i].reset();
  }
  bool ready() const {
    return std::all_of(here_.begin(), here_.end(), [](const auto& each) { return !each || each->link_->feeds(); });
  }
  // Who holds the lease.
  std::size_t reader_of(const std::string& name) {
    const auto value = redis_.store().get("dockcast:lease:{" + name + "}");
    for (std::size_t i = 0; i < count; ++i)
      if (value && value->starts_with("i" + std::to_string(i) + "|")) return i;
    return count;
  }
  std::size_t reader() { return reader_of(bus_name_); }
  std::size_t hearer() { return (reader() + 1) % count; }
  std::string stats_name(const SimContainer& container) const {
    return "SIMULATED-ENGINE/container:stats:" + container.id();
  }

  // Something happens, every so often; the truth is kept.
  void live(int times, net::Duration pause) {
    for (int i = 0; i < times; ++i) {
      SimContainer& container = engine_.create({});
      truth_.push_back("create " + container.id());
      if (i % 2 == 0) {
        container.start();
        truth_.push_back("start " + container.id());
      }
      world_.run_for(pause);
    }
  }
  std::string wrong() {
    std::map<std::string, std::string> there;
    for (const auto& each : engine_.containers())
      if (!each->removing()) there[each->id()] = each->options().name + " " + each->state();
    for (const auto& watcher : watchers_) {
      if (!watcher) continue;
      watcher->look();
      const std::string who = "i" + std::to_string(&watcher - watchers_.data());
      const auto& seen = watcher->seen;
      const auto differs = std::mismatch(seen.begin(), seen.end(), truth_.begin(), truth_.end());
      if (differs.first != seen.end())
        return who + " shows, out of turn or twice: " + *differs.first + ", event " +
               std::to_string(differs.first - seen.begin());
      if (differs.second != truth_.end())
        return who + " has " + std::to_string(seen.size()) + " of " + std::to_string(truth_.size()) + " events";
      if (watcher->shown != there) return who + " has a wrong picture of " + std::to_string(there.size());
      for (const auto& other : watchers_)
        for (const auto& [event, position] : watcher->positions)
          if (other && other->positions.contains(event) && other->positions.at(event) != position)
            return event + " is at " + position + " and at " + other->positions.at(event);
    }
    return {};
  }
  bool right_in(net::Duration time) {
    return world_.run_until([this] { return wrong().empty(); }, time);
  }
  // Somebody is told something new.
  bool flows_at(std::size_t i, std::uint32_t slot) {
    here_[i]->heard(slot);
    bool heard = false;
    return world_.run_until([&] { return heard = heard || !here_[i]->heard(slot).empty(); }, right_within);
  }
  bool one_reads_in(net::Duration time) {
    return world_.run_until([this] { return engine_.events_open() == 1 && reader() < count; }, time);
  }

  net::SimWorld world_{7};
  net::SimNetwork docker_{world_.host("docker").make_loop()}, far_{world_.host("redis").make_loop()};
  SimEngine engine_{docker_, {{}, "docker", 2375}};
  SimRedis redis_{far_, {{}, "redis", 6379}};
  const std::string bus_name_ = "SIMULATED-ENGINE/docker:events";
  std::vector<std::unique_ptr<FeedsInstance>> here_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::vector<std::string> truth_;
};

TEST_F(SharedReaders, OneReadsAndListsForAll) {
  EXPECT_EQ(engine_.events_open(), 1U);
  const auto before = engine_.counts();
  live(10, 3s);
  EXPECT_TRUE(right_in(3s)) << wrong();
  EXPECT_EQ(engine_.events_open(), 1U);
  EXPECT_EQ(engine_.counts().events_requests, before.events_requests);
  // One look at once and one two seconds later for each, and one at everything: as many as one instance needs.
  EXPECT_LE(engine_.counts().list_requests - before.list_requests, 2U * 10 + 2);
  for (std::size_t i = 0; i < count; ++i) {
    for (const feeds::Feeds::Channel& each : here_[i]->feeds().channels())
      EXPECT_EQ(each.read_here, i == reader()) << each.name << " at i" << i;
  }
}

TEST_F(SharedReaders, OneReadsWhileNobodyLooksAndListsNothing) {
  for (auto& each : watchers_) {
    each->of.unfollow(each->events);
    each->of.unfollow(each->picture);
  }
  world_.run_for(30s);
  const std::uint64_t before = engine_.counts().list_requests;
  live(5, 5s);
  world_.run_for(100s);
  EXPECT_EQ(engine_.counts().list_requests, before);
  EXPECT_EQ(engine_.events_open(), 1U);
}

TEST_F(SharedReaders, AReaderThatIsKilledIsFollowedByAnother) {
  live(2, 1s);
  kill(reader());
  live(10, 500ms);
  EXPECT_TRUE(right_in(right_within - 5s)) << wrong();
  EXPECT_TRUE(one_reads_in(1s));
  live(2, 1s);
  EXPECT_TRUE(right_in(3s)) << wrong();
}

TEST_F(SharedReaders, AReaderThatStoodStillBeyondItsLeaseHearsTheOthers) {
  live(2, 1s);
  const std::size_t first = reader();
  host(first).pause();
  live(30, 1s);
  EXPECT_NE(reader(), first);
  host(first).resume();
  live(3, 300ms);
  EXPECT_TRUE(right_in(5s)) << wrong();
  EXPECT_TRUE(one_reads_in(5s));
}

TEST_F(SharedReaders, AHearerThatStoodStillReadsNothingItself) {
  const std::size_t second = hearer();
  const std::uint64_t before = engine_.counts().events_requests;
  host(second).pause();
  live(20, 2s);
  host(second).resume();
  live(2, 1s);
  EXPECT_TRUE(right_in(right_within)) << wrong();
  EXPECT_EQ(engine_.counts().events_requests, before);
}

TEST_F(SharedReaders, AReaderThatIsCutFromRedisReadsForItselfUntilItHearsAnother) {
  live(2, 1s);
  const std::size_t first = reader();
  world_.lose(host(first), world_.host("redis"));
  world_.lose(world_.host("redis"), host(first));
  live(30, 1s);
  EXPECT_NE(reader(), first);
  EXPECT_EQ(engine_.events_open(), 2U);
  EXPECT_TRUE(right_in(3s)) << wrong();
  world_.heal_all();
  live(5, 1s);
  EXPECT_TRUE(one_reads_in(right_within));
  EXPECT_TRUE(right_in(5s)) << wrong();
}

TEST_F(SharedReaders, WithoutRedisEachReadsForItselfAndThenOneAgain) {
  live(2, 1s);
  redis_.kill();
  live(12, 1s);
  EXPECT_EQ(engine_.events_open(), count);
  EXPECT_TRUE(right_in(3s)) << wrong();
  redis_.start();
  live(12, 1s);
  EXPECT_TRUE(one_reads_in(right_within));
  EXPECT_TRUE(right_in(5s)) << wrong();
  for (const auto& each : watchers_) EXPECT_THAT(each->said, testing::ElementsAre("degraded", "recovered"));
}

// It read an event by itself that reaches the one who reads for all a moment later.
TEST_F(SharedReaders, WhoIsAheadOfTheReaderShowsNothingTwice) {
  live(2, 1s);
  redis_.kill();
  world_.run_for(12s);
  ASSERT_EQ(engine_.events_open(), count);
  for (std::size_t i = 0; i < 2; ++i) world_.stall(world_.host("docker"), host(i), 9s);
  world_.stall(world_.host("redis"), host(2), 5s);
  live(1, 500ms);
  redis_.start();
  EXPECT_TRUE(world_.run_until([this] { return reader() < count; }, 5s));
  EXPECT_LT(reader(), 2U);
  EXPECT_TRUE(right_in(right_within)) << wrong();
  live(2, 1s);
  EXPECT_TRUE(right_in(right_within)) << wrong();
}

TEST_F(SharedReaders, AFlushAFailoverAndCutSubscriptionsAreNotNoticed) {
  live(2, 1s);
  redis_.flush();
  live(6, 1s);
  redis_.kill_subscribers();
  live(6, 500ms);
  redis_.fork();
  live(6, 1s);
  redis_.fail_over();
  live(12, 1s);
  EXPECT_TRUE(right_in(right_within)) << wrong();
  EXPECT_TRUE(one_reads_in(right_within));
}

TEST_F(SharedReaders, WhatTheBusLosesIsMadeGood) {
  for (int turn = 0; turn < 6; ++turn) {
    bool lost = false;
    redis_.lose([&](std::string_view channel, std::string_view frame) {
      const bool message = channel == "dockcast:bus:{" + bus_name_ + "}" && frame.size() > 1 && frame[1] == 0;
      return message && !std::exchange(lost, true);
    });
    live(turn % 2 == 0 ? 1 : 4, 200ms);
    EXPECT_TRUE(lost);
    EXPECT_TRUE(right_in(5s)) << wrong();
  }
  EXPECT_EQ(engine_.events_open(), 1U);
}

TEST_F(SharedReaders, ABusThatLosesHalfOfEverythingDelaysAndLosesNothing) {
  redis_.lose([this](std::string_view channel, std::string_view) {
    return channel == "dockcast:bus:{" + bus_name_ + "}" && world_.random().chance(0.5);
  });
  live(40, 500ms);
  redis_.lose([](std::string_view, std::string_view) { return false; });
  EXPECT_TRUE(right_in(right_within)) << wrong();
  EXPECT_TRUE(one_reads_in(right_within));
}

TEST_F(SharedReaders, AnEngineThatGoesAndComesIsToldByAll) {
  live(2, 1s);
  EXPECT_TRUE(right_in(3s)) << wrong();
  engine_.kill();
  world_.run_for(20s);
  engine_.start(false);
  const auto told = [this] {
    for (auto& each : watchers_) each->look();
    return std::all_of(watchers_.begin(), watchers_.end(), [](const auto& each) {
      return each->said == std::vector<std::string>{"source_down", "recovered"};
    });
  };
  EXPECT_TRUE(world_.run_until(told, right_within)) << testing::PrintToString(watchers_[0]->said);
  EXPECT_TRUE(right_in(right_within)) << wrong();
  live(2, 1s);
  EXPECT_TRUE(right_in(3s)) << wrong();
  EXPECT_TRUE(one_reads_in(3s));
}

TEST_F(SharedReaders, AReaderThatDoesNotReachTheEngineGivesItToOneThatDoes) {
  live(2, 1s);
  const std::size_t first = reader();
  world_.lose(host(first), world_.host("docker"));
  world_.lose(world_.host("docker"), host(first));
  live(35, 1s);  // an Engine that is gone without a word is noticed within 20 s
  EXPECT_NE(reader(), first);
  EXPECT_TRUE(right_in(3s)) << wrong();
  EXPECT_FALSE(here_[first]->link_->answers()) << "health is this instance's own";
  EXPECT_TRUE(here_[reader()]->link_->answers());
}

TEST_F(SharedReaders, ALateInstanceGoesOnWhereAnotherStopped) {
  live(5, 1s);
  ASSERT_TRUE(right_in(3s)) << wrong();
  const std::size_t second = hearer();
  const std::string third_event = truth_[2];
  const std::string position = watchers_[reader()]->positions.at(third_event);
  kill(second);
  start(second);
  ASSERT_TRUE(world_.run_until([this] { return ready(); }, 5s));
  const auto fresh = here_[second]->follow(Source::docker_events);
  const auto back = here_[second]->follow(Source::docker_events, {}, position);
  world_.run_for(1s);
  EXPECT_EQ(here_[second]->subscribed_[back].recovered, "full");
  EXPECT_EQ(here_[second]->heard(back).size(), truth_.size() - 3);
  EXPECT_EQ(here_[second]->heard(fresh).size(), 0U) << "what was before it came is nothing new";
  EXPECT_EQ(engine_.events_open(), 1U);
}

TEST_F(SharedReaders, ALargePictureComesInPieces) {
  for (int i = 0; i < 400; ++i) {
    ContainerOptions options;
    options.labels["text"] = std::string(2000, 'x');
    truth_.push_back("create " + engine_.create(options).id());
    if (i % 20 == 0) world_.run_for(200ms);
  }
  EXPECT_TRUE(right_in(10s)) << wrong();
  const std::size_t second = hearer();
  std::size_t largest = 0;
  redis_.lose([&](std::string_view channel, std::string_view frame) {
    if (channel == "dockcast:bus:{" + bus_name_ + "}") largest = std::max(largest, frame.size());
    return false;
  });
  kill(second);
  start(second);
  ASSERT_TRUE(world_.run_until([this] { return ready(); }, 5s));
  const auto picture = here_[second]->follow(Source::containers);
  world_.run_for(3s);
  EXPECT_THAT(here_[second]->said(picture), testing::ElementsAre("list 400"));
  EXPECT_GT(largest, 100'000U);
  EXPECT_LT(largest, 200'000U);
}

TEST_F(SharedReaders, AContainerWhoseEndWasForgottenIsRemovedAtAll) {
  SimContainer& container = engine_.create({});
  world_.run_for(1s);
  const std::size_t second = hearer();
  const auto own = here_[second]->follow(Source::container_events, container.id());
  for (std::size_t i = 0; i < count; ++i) {
    world_.lose(host(i), world_.host("docker"));
    world_.lose(world_.host("docker"), host(i));
  }
  container.remove();
  world_.run_for(1s);
  engine_.kill();  // with what it knew of events
  world_.heal_all();
  engine_.start(true);
  const std::uint64_t before = engine_.counts().list_requests;
  EXPECT_TRUE(world_.run_until([&] { return here_[second]->ended_.contains(own); }, 60s));
  EXPECT_LE(engine_.counts().list_requests - before, 3U);
}

TEST_F(SharedReaders, OneReadsStatsForAllWhoFollowThem) {
  SimContainer& container = engine_.create({});
  container.start();
  std::vector<std::uint32_t> slots;
  for (auto& each : here_) slots.push_back(each->follow(Source::stats, container.id()));
  world_.run_for(5s);
  EXPECT_EQ(engine_.stats_open(), 1U);
  const auto flows = [&](std::size_t i) { return flows_at(i, slots[i]); };
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(flows(i));

  const std::size_t first = reader_of(stats_name(container));
  ASSERT_LT(first, count);
  here_[first]->unfollow(slots[first]);
  EXPECT_TRUE(world_.run_until(
      [&] { return reader_of(stats_name(container)) < count && reader_of(stats_name(container)) != first; }, 1s))
      << "it gives it away at once";
  const std::size_t second = reader_of(stats_name(container));
  EXPECT_TRUE(flows(3 - first - second));
  EXPECT_EQ(engine_.stats_open(), 1U);

  kill(second);
  const std::size_t third = 3 - first - second;
  EXPECT_TRUE(flows(third));
  EXPECT_TRUE(world_.run_until([&] { return reader_of(stats_name(container)) == third; }, 15s));
  EXPECT_TRUE(flows(third));
  EXPECT_EQ(engine_.stats_open(), 1U);
  here_[third]->unfollow(slots[third]);
  world_.run_for(10s);
  EXPECT_EQ(engine_.stats_open(), 0U);
  EXPECT_EQ(reader_of(stats_name(container)), count);
  EXPECT_EQ(redis_.subscribers("dockcast:bus:{" + stats_name(container) + "}"), 0U);
}

TEST_F(SharedReaders, WithoutRedisStatsAreReadByEachAndThenByOneAgain) {
  SimContainer& container = engine_.create({});
  container.start();
  std::vector<std::uint32_t> slots;
  for (auto& each : here_) slots.push_back(each->follow(Source::stats, container.id()));
  world_.run_for(5s);
  redis_.kill();
  EXPECT_TRUE(world_.run_until([this] { return engine_.stats_open() == count; }, 12s));
  redis_.start();
  EXPECT_TRUE(world_.run_until([this] { return engine_.stats_open() == 1; }, 15s));
  for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(flows_at(i, slots[i]));
}

// It reads what happened while it stood still before it learns whether its lease was renewed.
TEST_F(SharedReaders, WhatMayNotBePublishedIsMissedAndAskedFor) {
  for (net::Duration still = 6s; still < 10s; still += 250ms) {
    live(1, 1s);
    const std::size_t first = reader();
    host(first).pause();
    live(2, still / 2);
    host(first).resume();
    EXPECT_TRUE(right_in(right_within)) << wrong();
    world_.run_for(5s);
  }
}

// Before the Engine has told it what it remembers it cannot say that nothing is missing.
TEST_F(SharedReaders, WhoHasJustComeAndReadsAnswersTheOthersWhenItKnowsWhatTheEngineRemembers) {
  live(1, 1s);
  ASSERT_TRUE(right_in(3s)) << wrong();
  const std::size_t first = reader(), fresh = hearer();
  const std::string position = watchers_[first]->positions.at(truth_.back());
  for (std::size_t i = 0; i < count; ++i)
    if (i != first) kill(i);
  host(first).pause();
  engine_.cut_connections();
  live(300, 50ms);  // more than the Engine remembers
  ASSERT_EQ(reader(), count);
  engine_.remember_after(1s);
  const std::uint64_t before = engine_.counts().events_requests;
  start(fresh);
  ASSERT_TRUE(world_.run_until([&] { return engine_.counts().events_requests > before; }, 3s));
  host(first).resume();
  world_.run_for(10s);
  EXPECT_EQ(reader(), fresh);
  watchers_[first]->look();
  EXPECT_EQ(watchers_[first]->seen.back(), truth_.back());
  EXPECT_LT(watchers_[first]->seen.size(), truth_.size());
  const auto back = here_[first]->follow(Source::docker_events, {}, position);
  EXPECT_EQ(here_[first]->subscribed_[back].recovered, "partial");
}

// Nor where it remembers nothing of what somebody has seen.
TEST_F(SharedReaders, WhatTheEngineForgotBeforeItsReaderCameIsToldAsMissed) {
  live(1, 1s);
  ASSERT_TRUE(right_in(3s)) << wrong();
  const std::size_t first = reader(), fresh = hearer();
  const std::string position = watchers_[first]->positions.at(truth_.back());
  for (std::size_t i = 0; i < count; ++i)
    if (i != first) kill(i);
  host(first).pause();
  engine_.kill();
  world_.run_for(12s);
  engine_.start(true);
  start(fresh);
  ASSERT_TRUE(world_.run_until([&] { return reader() == fresh; }, 3s));
  host(first).resume();
  world_.run_for(10s);
  EXPECT_EQ(reader(), fresh);
  live(1, 1s);
  watchers_[first]->look();
  EXPECT_EQ(watchers_[first]->seen.back(), truth_.back());
  const auto back = here_[first]->follow(Source::docker_events, {}, position);
  EXPECT_EQ(here_[first]->subscribed_[back].recovered, "partial");
}

// It looked for the others, while nobody here followed; then another does.
TEST_F(SharedReaders, APictureIsNotKeptByWhoDoesNotLookAndDoesNotHearOfIt) {
  live(1, 1s);
  const std::size_t first = reader();
  here_[first]->unfollow(watchers_[first]->picture);
  world_.run_for(5s);
  here_[first]->feeds().yield();
  EXPECT_TRUE(world_.run_until([&] { return reader() < count && reader() != first; }, 1s));
  live(3, 1s);
  watchers_[first]->picture = here_[first]->follow(Source::containers);
  EXPECT_TRUE(right_in(5s)) << wrong();
}

TEST_F(SharedReaders, WhoLeavesHandsEverythingOver) {
  SimContainer& container = engine_.create({});
  container.start();
  truth_ = {"create " + container.id(), "start " + container.id()};
  for (auto& each : here_) each->follow(Source::stats, container.id());
  world_.run_for(5s);
  const std::size_t first = reader();
  here_[first]->feeds().yield();
  EXPECT_TRUE(world_.run_until([&] { return reader() < count && reader() != first; }, 1s));
  EXPECT_TRUE(right_in(3s)) << wrong();
  const std::size_t second = reader();
  bool done = false;
  here_[second]->feeds().drain([&done] { done = true; });
  EXPECT_TRUE(world_.run_until([&done] { return done; }, 900ms)) << "before its patience is over";
  EXPECT_NE(reader(), second);
  EXPECT_NE(reader_of(stats_name(container)), second);
  kill(second);
  live(2, 1s);
  EXPECT_TRUE(right_in(3s)) << wrong();
  EXPECT_TRUE(one_reads_in(1s));
}

}  // namespace
}  // namespace sim
