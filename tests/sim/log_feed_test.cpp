// feeds::LogFeed beside an owner that the test plays: what it tells its followers of the log's state, when it takes
// over, and who reads what is too loud for the bus. The Engine is the simulated one, bus and lease answer as the test
// says. Longer than most: one fixture for all that a feed decides.
#include "feeds/log_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"
#include "ws/deflate.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using feeds::LogFrame;
using feeds::LogState;
using testing::ElementsAre;
using testing::IsEmpty;

struct HandBus final : bus::Bus {
  struct None final : bus::Following {};
  void publish(std::string_view, std::string frame, OnPublished) override {
    ++published;
    frames.push_back(std::move(frame));
  }
  std::unique_ptr<bus::Following> follow(std::string_view, bus::Listener& who) override {
    listener = &who;
    who.on_following();
    return std::make_unique<None>();
  }
  bus::State state() const override { return bus::State::connected; }
  bus::Observing on_state(std::function<void(bus::State)>) override { return {}; }

  bus::Listener* listener = nullptr;
  int published = 0;
  std::vector<std::string> frames;
};

// Another holds it, until it is free.
struct HandLease final : lease::Lease {
  net::Task<base::Result<lease::Answer>> acquire(std::string, net::Duration, lease::Fence above) override {
    ++asked;
    lease::Answer answer{std::nullopt, "another"};
    if (is_free) answer.granted = lease::Fence{above.epoch, above.counter + 1};
    co_return answer;
  }
  net::Task<base::Result<lease::Answer>> seize(std::string name, net::Duration ttl, lease::Fence above,
                                               std::string) override {
    return acquire(std::move(name), ttl, above);
  }
  net::Task<base::Result<bool>> renew(std::string, net::Duration, lease::Fence) override { co_return is_free; }
  net::Task<base::Result<void>> release(std::string, lease::Fence) override { co_return base::Result<void>(); }

  bool is_free = false;
  int asked = 0;
};

class LogFeedTest : public testing::Test, public feeds::LogFeed::Owner {
 protected:
  LogFeedTest() : container_(engine_.create({})) {
    container_.start();
    EXPECT_TRUE(world_.run_until([this] { return container_.state() == "running"; }, 1s));
    docker::Container asked;
    asked.id = container_.id();
    feed_ = std::make_unique<feeds::LogFeed>(shared_, asked, *this);
    ring_ = feed_->rings().open({feeds::Form::line}, std::nullopt);
    EXPECT_TRUE(world_.run_until([this] { return feed_->joined() && lease_.asked > 0; }, 3s));
  }
  ~LogFeedTest() override {
    feed_->rings().close({feeds::Form::line});
    feed_.reset();
  }

  void on_joined(feeds::LogFeed&) override {}
  void on_moved(feeds::LogFeed&) override {}
  void on_failed(feeds::LogFeed& feed, const base::Error& error) override {
    if (&feed == feed_.get()) ADD_FAILURE() << error.message;
    failed_ = error.fault;
  }
  void on_removed(feeds::LogFeed&) override { ++removed_; }
  void on_yielded(feeds::LogFeed&) override { ++yielded_; }

  // The owner says something, as of where the log stands; `name` is what it calls that.
  void owner_says(LogFrame::Kind kind, LogState state, bool pull = false, std::optional<docker::Position> name = {}) {
    LogFrame frame;
    frame.kind = kind;
    frame.pull = pull;
    frame.state = state;
    frame.prev = frame.position = name.value_or(feed_->at());
    frame.fence = fence_;
    frame.sender = 7;
    bus_.listener->on_frame(feeds::encode(frame));
  }
  void owner_says(LogState state) { owner_says(LogFrame::Kind::tip, state); }

  // What the followers were told since they were asked last.
  std::vector<std::string> told() {
    std::vector<std::string> states;
    const hub::Ring& ring = hub_.ring(ring_);
    for (heard_ = std::max(heard_, ring.oldest()); heard_ < ring.next(); ++heard_) {
      const std::string_view bytes = ring.at(heard_)->bytes;
      const auto from = bytes.find("\"state\":\"");
      if (from == bytes.npos) continue;
      const auto rest = bytes.substr(from + 9);
      states.emplace_back(rest.substr(0, rest.find('"')));
    }
    return states;
  }

  // Lines in the ring since it was asked last.
  std::size_t lines_told() {
    const hub::Ring& ring = hub_.ring(ring_);
    std::size_t lines = 0;
    for (counted_ = std::max(counted_, ring.oldest()); counted_ < ring.next(); ++counted_) {
      const std::string_view bytes = ring.at(counted_)->bytes;
      for (std::size_t at = 0; (at = bytes.find("\"type\":\"log\"", at)) != bytes.npos; ++at) ++lines;
    }
    return lines;
  }
  // What was published since it was asked last.
  std::vector<LogFrame> published() {
    std::vector<LogFrame> frames;
    for (const std::string& bytes : std::exchange(bus_.frames, {})) {
      feeds::Undecodable why{};
      auto frame = feeds::decode(bytes, feed_->identity(), why);
      EXPECT_TRUE(frame);
      if (frame) frames.push_back(std::move(*frame));
    }
    return frames;
  }
  void take_over(bool pull = false) {
    owner_says(LogFrame::Kind::released, LogState::live, pull);
    lease_.is_free = true;
    ASSERT_TRUE(world_.run_until([this] { return feed_->role() == feeds::LogFeed::Role::owning; }, 1s));
  }
  // So many bytes a second, as lines, for so long.
  void print(std::size_t bytes_s, net::Duration time) {
    const std::string line(999, 'x');
    const net::Instant end = world_.now() + time;
    while (world_.now() < end) {
      for (std::size_t sent = 0; sent < bytes_s / 100; sent += 1000) container_.write(SimStream::out, line + "\n");
      world_.run_for(10ms);
    }
    world_.run_for(500ms);
  }

  net::SimWorld world_{1};
  net::SimNetwork far_{world_.host("docker").make_loop()};
  net::SimNetwork near_{world_.host("here").make_loop()};
  SimEngine engine_{far_, {{}, "docker", 2375}};
  SimContainer& container_;
  docker::Client client_{near_, {{}, "docker", 2375}};
  HandBus bus_;
  HandLease lease_;
  hub::Hub hub_{64 * 1024};
  feeds::LogFeeds::Parts parts_{near_.loop(), client_, bus_, lease_, hub_, {}};
  const feeds::Settings settings_;
  ws::Deflater deflater_;
  feeds::BusBudget budget_{settings_.bus};
  feeds::LoneReading lone_{near_.loop(), settings_.lone};
  net::Gate catch_ups_{near_.loop(), settings_.history_reads};
  feeds::LossCounts losses_;
  feeds::LogFeed::Shared shared_{parts_,    settings_, 1,     "SIMULATED-ENGINE", [](feeds::Undecodable) { FAIL(); },
                                 deflater_, budget_,   lone_, catch_ups_,         losses_,
                                 {},        false};
  std::unique_ptr<feeds::LogFeed> feed_;
  hub::RingNumber ring_ = 0;
  std::uint64_t heard_ = 0, counted_ = 0;
  const lease::Fence fence_{1, 1};
  int removed_ = 0, yielded_ = 0;
  std::optional<base::Fault> failed_;
};

TEST_F(LogFeedTest, WhatEveryFrameRepeatsIsToldOnce) {
  owner_says(LogState::live);
  EXPECT_THAT(told(), IsEmpty()) << "it was live when we joined";
  owner_says(LogFrame::Kind::status, LogState::stopped);
  owner_says(LogState::stopped);
  owner_says(LogState::stopped);
  EXPECT_THAT(told(), ElementsAre("stopped"));
  owner_says(LogFrame::Kind::status, LogState::restarted);
  owner_says(LogFrame::Kind::status, LogState::live);
  owner_says(LogState::live);
  EXPECT_THAT(told(), ElementsAre("restarted", "live"));
}

TEST_F(LogFeedTest, AStatusThatWasLostIsMadeGoodByTheNextFrame) {
  owner_says(LogState::stopped);
  EXPECT_THAT(told(), ElementsAre("stopped"));
  owner_says(LogState::live);
  EXPECT_THAT(told(), ElementsAre("restarted", "live"));
}

TEST_F(LogFeedTest, TroubleWithTheEngineIsToldOnceAndSoIsItsEnd) {
  owner_says(LogFrame::Kind::status, LogState::source_down);
  owner_says(LogState::source_down);
  EXPECT_THAT(told(), ElementsAre("source_down"));
  owner_says(LogState::live);
  owner_says(LogFrame::Kind::status, LogState::recovered);
  EXPECT_THAT(told(), ElementsAre("recovered"));
  owner_says(LogState::source_down);
  owner_says(LogState::stopped);
  EXPECT_THAT(told(), ElementsAre("source_down", "recovered", "stopped"));
}

TEST_F(LogFeedTest, TheEndOfTheContainerIsToldAndItsOwnerLearnsOfIt) {
  owner_says(LogFrame::Kind::status, LogState::removed);
  EXPECT_THAT(told(), ElementsAre("removed"));
  EXPECT_EQ(removed_, 0) << "not from within a call";
  EXPECT_TRUE(world_.run_until([this] { return removed_ == 1; }, 1s));
}

TEST_F(LogFeedTest, ARelayAsksForTheLeaseOnceAndThenWaitsForTheOwnersSilence) {
  owner_says(LogState::live);
  world_.run_for(settings_.lease_ttl - 100ms);
  EXPECT_EQ(lease_.asked, 1);
  world_.run_for(2s);
  EXPECT_GT(lease_.asked, 2);
  EXPECT_EQ(feed_->role(), feeds::LogFeed::Role::relaying);
}

// The word over the bus may be faster than the release of the lease.
TEST_F(LogFeedTest, AnOwnerThatGoesIsFollowedAsSoonAsItsLeaseIsFree) {
  owner_says(LogFrame::Kind::released, LogState::live);
  world_.run_for(200ms);
  EXPECT_GE(lease_.asked, 5) << "a lease that is still held is asked for again within milliseconds";
  EXPECT_EQ(feed_->role(), feeds::LogFeed::Role::relaying);
  lease_.is_free = true;
  EXPECT_TRUE(world_.run_until([this] { return feed_->role() == feeds::LogFeed::Role::owning; }, 100ms));
  EXPECT_GT(bus_.published, 0) << "its first tip";
}

TEST_F(LogFeedTest, AnOwnerWhoseLeaseAnotherHoldsYields) {
  owner_says(LogFrame::Kind::released, LogState::live);
  lease_.is_free = true;
  EXPECT_TRUE(world_.run_until([this] { return feed_->role() == feeds::LogFeed::Role::owning; }, 1s));
  EXPECT_EQ(yielded_, 0);
  lease_.is_free = false;
  EXPECT_TRUE(world_.run_until([this] { return yielded_ == 1; }, settings_.lease_ttl));
  EXPECT_EQ(feed_->role(), feeds::LogFeed::Role::relaying);
}

TEST_F(LogFeedTest, ARelayReadsItselfWhileTheOwnerSaysThatTheLinesAreTooMany) {
  owner_says(LogFrame::Kind::tip, LogState::live);
  container_.write(SimStream::out, "one\n");
  world_.run_for(1s);
  EXPECT_EQ(lines_told(), 0U) << "the owner has not published it";
  owner_says(LogFrame::Kind::tip, LogState::live, true);
  EXPECT_EQ(feed_->role(), feeds::LogFeed::Role::pulling);
  world_.run_for(1s);
  EXPECT_EQ(lines_told(), 1U);
  container_.write(SimStream::out, "two\n");
  world_.run_for(1s);
  EXPECT_EQ(lines_told(), 1U);
  EXPECT_TRUE(published().empty()) << "it is not the owner";
  owner_says(LogFrame::Kind::tip, LogState::live, false);
  EXPECT_EQ(feed_->role(), feeds::LogFeed::Role::relaying);
  container_.write(SimStream::out, "three\n");
  world_.run_for(1s);
  EXPECT_EQ(lines_told(), 0U);
}

TEST_F(LogFeedTest, WhatWasMissedBeforeAGapOfTheOwnersIsToldThoughTheLogIsGone) {
  container_.write(SimStream::out, "one\n");
  feed_->catch_up();
  world_.run_for(100ms);
  EXPECT_EQ(lines_told(), 1U);
  const docker::Position seen = feed_->at();
  docker::Position lost = seen, bound = seen;
  lost.mark(docker::LogStream::out) = {seen.mark(docker::LogStream::out).max_ns + 1'000'000'000, 1};
  bound.mark(docker::LogStream::out) = {seen.mark(docker::LogStream::out).max_ns + 2'000'000'000, 0};
  container_.remove();
  LogFrame gap = feeds::gap_frame({lost, bound, "rotated"});
  gap.fence = fence_;
  gap.sender = 7;
  bus_.listener->on_frame(feeds::encode(gap));
  world_.run_for(1s);
  const hub::Ring& ring = hub_.ring(ring_);
  ASSERT_EQ(ring.next(), counted_ + 1) << "one message more";
  EXPECT_THAT(ring.at(counted_)->bytes, testing::HasSubstr("\"type\":\"gap\""));
  EXPECT_THAT(ring.at(counted_)->bytes, testing::HasSubstr("\"from\":\"" + seen.print()));
  EXPECT_EQ(feed_->at().marks, bound.marks);
  EXPECT_EQ(losses_.lines[static_cast<std::size_t>(feeds::GapReason::rotated)] +
                losses_.lines[static_cast<std::size_t>(feeds::GapReason::reader)],
            1U);
}

// The owner's last word is the first that says that we must read the log ourselves, and it is gone.
TEST_F(LogFeedTest, WhatOnlyTheOwnersLastWordShowsIsToldAsMissing) {
  container_.write(SimStream::out, "one\n");
  feed_->catch_up();
  world_.run_for(100ms);
  EXPECT_EQ(lines_told(), 1U);
  docker::Position end = feed_->at();
  end.mark(docker::LogStream::out) = {end.mark(docker::LogStream::out).max_ns + 1'000'000'000, 1};
  container_.remove();
  owner_says(LogFrame::Kind::status, LogState::removed, true, end);
  world_.run_for(3s);
  EXPECT_EQ(told(), std::vector<std::string>{"removed"});
  EXPECT_EQ(losses_.lines[static_cast<std::size_t>(feeds::GapReason::reader)], 1U);
  EXPECT_EQ(removed_, 1);
}

TEST_F(LogFeedTest, WhatIsHeardASecondTimeIsDroppedAndCounted) {
  take_over();
  container_.write(SimStream::out, "one\ntwo\n");
  world_.run_for(1s);
  EXPECT_EQ(lines_told(), 2U);
  std::size_t heard = 0;
  for (LogFrame& frame : published()) {
    if (frame.kind != LogFrame::Kind::lines) continue;
    heard += frame.entries.size();
    frame.sender = 7;
    bus_.listener->on_frame(feeds::encode(frame));
  }
  EXPECT_EQ(heard, 2U);
  EXPECT_EQ(losses_.duplicates, 2U);
  EXPECT_EQ(lines_told(), 0U);
}

// The owner knew a bound of the other stream from before the step.
TEST_F(LogFeedTest, WhoReadsItselfBehindAStepOfTheClockIsNotRenamedByABackfill) {
  container_.write(SimStream::out, "one\n");
  world_.run_for(100ms);
  engine_.step_clock(-60s);
  container_.write(SimStream::err, "two\n");
  container_.write(SimStream::out, "three\n");
  feed_->catch_up();
  world_.run_for(100ms);
  EXPECT_EQ(lines_told(), 3U);
  docker::Position name = feed_->at();
  name.mark(docker::LogStream::err).max_ns = name.mark(docker::LogStream::out).max_ns - 1'000'000'000;
  owner_says(LogFrame::Kind::tip, LogState::live, false, name);
  owner_says(LogFrame::Kind::tip, LogState::live, true);
  EXPECT_EQ(feed_->role(), feeds::LogFeed::Role::pulling);
  world_.run_for(1s);
  container_.write(SimStream::err, "four\n");
  container_.write(SimStream::out, "five\n");
  world_.run_for(1s);
  EXPECT_EQ(lines_told(), 2U);
}

TEST_F(LogFeedTest, WhatItsReaderBringsWhileALineIsReadAgainIsToldOnce) {
  owner_says(LogFrame::Kind::tip, LogState::live, true);
  world_.run_for(1s);
  container_.write(SimStream::out, std::string(1'900'000, 'm') + '\n');
  const std::uint64_t before = hub_.ring(ring_).next();
  ASSERT_TRUE(world_.run_until([&] { return hub_.ring(ring_).next() == before + 1; }, 1s)) << "its first part";
  feed_->catch_up();
  world_.run_for(1s);
  EXPECT_EQ(hub_.ring(ring_).next(), before + 2);
}

TEST_F(LogFeedTest, AnOwnerWhoseLinesAreTooManyPublishesTipsUntilTheyAreFewAgain) {
  take_over();
  print(100'000, 1s);
  for (const LogFrame& frame : published()) EXPECT_FALSE(frame.pull);
  print(2 * settings_.bus.channel_bytes_s, 4s);
  const std::vector<LogFrame> loud = published();
  const auto first = std::find_if(loud.begin(), loud.end(), [](const LogFrame& frame) { return frame.pull; });
  ASSERT_NE(first, loud.end());
  std::size_t bytes = 0;
  for (auto frame = loud.begin(); frame != first; ++frame) bytes += frame->text.size();
  EXPECT_LT(bytes, settings_.bus.channel_bytes_s * 3 / 2);
  for (auto frame = first; frame != loud.end(); ++frame) EXPECT_EQ(frame->kind, LogFrame::Kind::tip);
  print(1000, settings_.bus.calm + settings_.lease_ttl);
  const std::vector<LogFrame> quiet = published();
  const auto again = std::find_if(quiet.begin(), quiet.end(), [](const LogFrame& frame) { return !frame.pull; });
  ASSERT_NE(again, quiet.end());
  EXPECT_EQ(again->kind, LogFrame::Kind::tip) << "first they are told to hear";
  EXPECT_TRUE(std::any_of(again, quiet.end(), [](auto& frame) { return frame.kind == LogFrame::Kind::lines; }));
}

TEST_F(LogFeedTest, WhoPulledAndTakesOverDoesNotFloodTheBusFirst) {
  owner_says(LogFrame::Kind::tip, LogState::live, true);
  take_over(true);
  print(100'000, 1s);
  for (const LogFrame& frame : published()) {
    EXPECT_EQ(frame.kind, LogFrame::Kind::tip);
    EXPECT_TRUE(frame.pull);
  }
}

TEST_F(LogFeedTest, WhoComesWhileTheEngineIsAwayIsToldSoWithinSeconds) {
  engine_.kill();
  const feeds::LogFeed late(shared_, feed_->container(), *this);
  EXPECT_TRUE(world_.run_until([this] { return failed_.has_value(); }, 4s));
  EXPECT_EQ(failed_, base::Fault::unavailable);
  EXPECT_FALSE(late.joined());
}

TEST_F(LogFeedTest, WhenAnotherHasTakenOverNobodyAsksForTheLeaseOfTheOneThatWent) {
  owner_says(LogFrame::Kind::released, LogState::live);
  world_.run_for(50ms);
  LogFrame tip;
  tip.kind = LogFrame::Kind::tip;
  tip.state = LogState::live;
  tip.prev = tip.position = feed_->at();
  tip.fence = {1, 2};
  tip.sender = 8;
  bus_.listener->on_frame(feeds::encode(tip));
  world_.run_for(50ms);
  const int asked = lease_.asked;
  world_.run_for(5s);
  EXPECT_EQ(lease_.asked, asked);
}

}  // namespace
}  // namespace sim
