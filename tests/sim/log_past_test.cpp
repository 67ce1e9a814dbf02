// A crowd comes back to one container's log at places behind the ring: what that costs the Engine, and that everybody
// is told what it missed and nothing else, with slow ones among them, while the log rotates, and while the Engine dies.
// Longer than most: one fixture, and each way in which followers of one read may differ.
#include <gtest/gtest.h>

#include <map>

#include "app/engine_link.hpp"
#include "bus/memory_bus.hpp"
#include "hub/test_sockets.hpp"
#include "lease/memory_lease.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "sim/heard.hpp"
#include "sim/sim_engine.hpp"
#include "ws/decoder.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

// Lines are named by their place in the log, from 1 on, as one learns it who follows it from its beginning. They lie on
// both streams, where they change places at times.
class LogPastTest : public testing::Test, public feeds::Followers, public hub::FanoutObserver {
 protected:
  struct Client {
    std::uint32_t slot = 0;
    std::size_t next = 1;  // the line that must come next
    std::string position;  // as it was told last
    std::string text;      // parts of a long line
    std::optional<feeds::Subscribed> subscribed;
    std::size_t came_behind = 0;          // that line
    std::size_t gaps = 0, jumped_to = 0;  // the line behind the last one
    std::string wrong;
  };

  LogPastTest() {
    fanout_.set_observer(*this);
    hub_.add_loop(mailbox_);
    link_.emplace(
        app::EngineLink::Parts{client_, bus_, lease_, settings_.lease_ttl}, [](const std::string&) { return true; },
        [this](const std::string& engine, feeds::EngineEvents& events) {
          return std::make_unique<feeds::Feeds>(
              feeds::LogFeeds::Parts{near_.loop(), client_, bus_, lease_, hub_, {this}}, settings_, engine, events,
              overview_);
        });
    EXPECT_TRUE(world_.run_until([this] { return link_->feeds() != nullptr; }, 3s));
  }
  void create(LogOptions log = {}) {
    ContainerOptions options;
    options.log = log;
    container_ = &engine_.create(options);
    container_->start();
    EXPECT_TRUE(world_.run_until([this] { return container_->state() == "running"; }, 1s));
    first_ = &come(feeds::Form::line, {});
    EXPECT_TRUE(world_.run_until([this] { return first_->subscribed.has_value(); }, 10s));
  }
  // Until everybody can know them; where each ends is remembered.
  void write(std::size_t lines, std::size_t bytes) {
    for (std::size_t i = 0; i < lines; ++i) {
      std::string text = std::to_string(++written_) + " ";
      text.resize(bytes, 'x');
      container_->write(written_ % 7 == 0 ? SimStream::err : SimStream::out, text + "\n");
      if (i % 20 == 0) world_.run_for(1ms);
    }
    EXPECT_TRUE(world_.run_until([this] { return (take(*first_), first_->next) > written_; }, 60s));
  }

  Client& come(feeds::Form form, const std::string& position) {
    Client& client = *clients_.emplace_back(std::make_unique<Client>());
    client.slot = static_cast<std::uint32_t>(clients_.size() - 1);
    client.position = position;
    feeds::Follow follow;
    follow.follower = {
        0, {fanout_.open(client.slot, static_cast<int>(client.slot)), fanout_.add_subscription(client.slot)}};
    follow.container = container_->id();
    follow.shape.form = form;
    if (!position.empty()) follow.start.after = docker::Position::parse(position);
    link_->feeds()->follow(follow);
    return client;
  }
  Client& come_back(std::size_t behind_line) {
    Client& client = come(clients_.size() % 3 == 0 ? feeds::Form::line : feeds::Form::batch, ends_.at(behind_line - 1));
    client.came_behind = behind_line;
    client.next = behind_line + 1;
    return client;
  }
  // So many, in no order, all of them behind the first `upto` lines or fewer.
  std::vector<Client*> crowd(std::size_t count, std::size_t upto) {
    std::vector<Client*> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(&come_back(1 + i * 7919 % upto));
    return all;
  }
  void set_room(Client& client, std::size_t bytes) {
    sockets_.peers[static_cast<int>(client.slot)].room = bytes;
    if (bytes > 0) fanout_.on_writable(client.slot);
  }

  // What it was sent since it was asked last.
  void take(Client& client) {
    std::string& received = sockets_.peers[static_cast<int>(client.slot)].received;
    std::span<char> rest(received);
    ws::Decoder decoder;
    std::size_t whole = 0;
    for (;;) {
      const ws::Event event = decoder.next(rest, {.message_bytes_max = 1 << 24, .masked = false});
      if (event.kind != ws::Event::Kind::text) break;
      whole = received.size() - rest.size();
      hear(client, *parse_heard({event.text.data(), event.text.size()}));
    }
    received.erase(0, whole);
  }
  void hear(Client& client, const Heard& heard) {
    if (heard.type == "status") return;
    if (!client.subscribed) client.wrong = "told something before `subscribed`";
    if (heard.type == "gap") {
      if (heard.from != client.position) client.wrong = "a gap from elsewhere";
      ++client.gaps;
      client.position = heard.to;
      client.jumped_to = 0;
      client.next = 0;
      return;
    }
    if (heard.type == "logs" && heard.prev != client.position) client.wrong = "a batch behind another place";
    for (const HeardLine& line : heard.lines) {
      client.text += line.text;
      if (line.partial) continue;
      const std::string text = std::exchange(client.text, {});
      if (&client == first_) {
        places_.emplace(text, places_.size() + 1);
        ends_.push_back(heard.position);
      }
      const std::size_t number = places_.contains(text) ? places_.at(text) : 0;
      if (client.next == 0) client.next = client.jumped_to = number;
      if (number != client.next && client.wrong.empty())
        client.wrong = std::to_string(number) + " instead of " + std::to_string(client.next);
      client.next = number + 1;
    }
    client.position = heard.position;
  }
  void on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& subscribed) override {
    clients_[name.session.slot]->subscribed = subscribed;
    clients_[name.session.slot]->position = subscribed.position;
  }
  void on_refused(const hub::FollowerName& name, const base::Error& error) override {
    clients_[name.session.slot]->wrong = error.message;
  }
  void on_ended(const hub::FollowerName&) override {}
  void on_behind(const hub::FollowerName& name, const hub::Joint& joint) override {
    near_.loop().post([this, name, joint] { link_->feeds()->on_behind({0, name}, joint); });
  }
  void on_drained(const hub::FollowerName& name, std::size_t bytes) override {
    near_.loop().post([this, name, bytes] { link_->feeds()->on_drained({0, name}, bytes); });
  }
  void on_broken(std::uint32_t) override {}

  bool all_have_everything(const std::vector<Client*>& clients) {
    take(*first_);
    for (Client* client : clients) {
      take(*client);
      if (client->next <= written_) return false;
    }
    return true;
  }
  void expect_everything(const std::vector<Client*>& clients) {
    EXPECT_TRUE(world_.run_until([&] { return all_have_everything(clients); }, 120s));
    for (Client* client : clients) {
      EXPECT_EQ(client->wrong, "") << "client " << client->slot;
      EXPECT_EQ(client->next, written_ + 1) << "client " << client->slot;
    }
  }
  // Nobody of them lost anything.
  static void expect_full(const std::vector<Client*>& clients) {
    for (const Client* client : clients) {
      ASSERT_TRUE(client->subscribed);
      EXPECT_EQ(client->subscribed->recovered, "full") << "client " << client->slot;
      EXPECT_EQ(client->gaps, 0U) << "client " << client->slot;
    }
  }
  std::uint64_t requests() const { return engine_.counts().logs_requests; }
  std::uint64_t saved() const { return link_->feeds()->logs().counts().shared_reads; }

  net::SimWorld world_{1};
  net::SimNetwork far_{world_.host("docker").make_loop()};
  net::SimNetwork near_{world_.host("here").make_loop()};
  SimEngine engine_{far_, {{}, "docker", 2375}};
  docker::Client client_{near_, {{}, "docker", 2375}};
  bus::MemoryBus bus_{near_.loop()};
  lease::MemoryLease lease_{near_.loop(), "here"};
  const feeds::Settings settings_;
  hub::TestSockets sockets_;
  hub::Fanout fanout_{near_.loop(), sockets_};
  hub::Hub hub_{64 * 1024};
  hub::Mailbox mailbox_{near_.loop(),
                        64,
                        {[this](hub::Item& item) { item.apply(fanout_); }, [this] { fanout_.flush(); },
                         [this] { near_.loop().post([this] { hub_.on_room(0); }); }}};
  feeds::Overview overview_{near_.loop(), hub_, {this}, true};
  std::optional<app::EngineLink> link_;
  SimContainer* container_ = nullptr;
  std::vector<std::unique_ptr<Client>> clients_;
  Client* first_ = nullptr;        // follows from the beginning on
  std::size_t written_ = 0;        // lines
  std::vector<std::string> ends_;  // the position behind each
  std::map<std::string, std::size_t> places_;
};

TEST_F(LogPastTest, ACrowdThatComesBackCostsAHandfulOfReads) {
  create();
  write(4000, 200);
  const std::uint64_t before = requests();
  const auto clients = crowd(200, 3500);
  expect_everything(clients);
  expect_full(clients);
  EXPECT_LE(requests() - before, 8U);
  EXPECT_GE(saved(), 190U);
  write(10, 200);
  expect_everything(clients);
}

// They come while the first ones are read to.
TEST_F(LogPastTest, WhoComesALittleLaterFindsItsPlaceInWhatIsBeingRead) {
  create();
  write(4000, 200);
  const std::uint64_t before = requests();
  std::vector<Client*> clients;
  for (std::size_t i = 0; i < 50; ++i) {
    clients.push_back(&come_back(1 + i * 60));
    world_.run_for(1ms);
  }
  expect_everything(clients);
  expect_full(clients);
  EXPECT_LE(requests() - before, 50U) << "each by itself would ask four times";
}

// Its socket stands still; the others must not notice, and its rest is read for it alone.
TEST_F(LogPastTest, ASlowOneHoldsNobodyUpAndMissesNothing) {
  create();
  write(4000, 1500);
  auto slow = crowd(1, 3500);
  set_room(*slow[0], 100'000);
  const auto clients = crowd(30, 3500);
  const net::Instant begun = world_.now();
  expect_everything(clients);
  EXPECT_LT(world_.now() - begun, 2s) << "what a read waits for a socket that stands still";
  expect_full(clients);
  EXPECT_LE(slow[0]->next, 4000U);
  world_.run_for(10s);
  set_room(*slow[0], SIZE_MAX);
  expect_everything(slow);
  expect_full(slow);
}

TEST_F(LogPastTest, AFarOnesHistoryHoldsNobodyUp) {
  create();
  write(6000, 2000);
  Client& far = come_back(1);
  set_room(far, 0);
  world_.run_for(1s);
  std::vector<Client*> clients;
  for (std::size_t i = 0; i < 20; ++i) clients.push_back(&come_back(5000 + i));
  const net::Instant begun = world_.now();
  expect_everything(clients);
  EXPECT_LT(world_.now() - begun, 2s);
  expect_full(clients);
  set_room(far, SIZE_MAX);
  expect_everything({&far});
  expect_full({&far});
}

TEST_F(LogPastTest, LinesOfMegabytesComeWhole) {
  create();
  for (int i = 0; i < 5; ++i) {
    write(20, 200);
    write(1, 1'200'000);
  }
  const auto clients = crowd(40, 80);
  expect_everything(clients);
  expect_full(clients);
  EXPECT_GT(saved(), 20U);
}

TEST_F(LogPastTest, WhoseRecordsRotationTookIsToldSoAndNobodyElse) {
  create({.max_size = 1'000'000, .max_file = 2});
  write(9000, 200);
  const std::uint64_t before = requests();
  const auto clients = crowd(200, 8600);
  expect_everything(clients);
  const std::size_t gone = container_->log().oldest_on_disk();
  std::size_t losers = 0;
  for (const Client* client : clients) {
    ASSERT_TRUE(client->subscribed);
    const bool loses = client->came_behind <= gone;
    losers += loses ? 1 : 0;
    EXPECT_EQ(client->subscribed->recovered, loses ? "partial" : "full") << "behind line " << client->came_behind;
    EXPECT_EQ(client->gaps, loses ? 1U : 0U) << "behind line " << client->came_behind;
    EXPECT_EQ(client->jumped_to, loses ? gone + 1 : 0) << "where the log begins";
  }
  EXPECT_GT(losers, 20U);
  EXPECT_LT(losers, 180U);
  EXPECT_LE(requests() - before, 30U);
}

// While one is slow the log rotates away under it.
TEST_F(LogPastTest, WhoIsLeftBehindByRotationIsToldSoAndNobodyElse) {
  create({.max_size = 1'000'000, .max_file = 2});
  write(5000, 200);
  auto slow = crowd(1, 100);
  set_room(*slow[0], 50'000);
  const auto clients = crowd(100, 4500);
  world_.run_for(10s);
  write(12'000, 200);
  expect_everything(clients);
  expect_full(clients);
  set_room(*slow[0], SIZE_MAX);
  expect_everything(slow);
  EXPECT_EQ(slow[0]->gaps, 1U);
  EXPECT_GT(slow[0]->jumped_to, 5000U);
}

TEST_F(LogPastTest, TheEngineDiesMeanwhileAndNobodyNoticesMoreThanThat) {
  create();
  write(6000, 1000);
  auto slow = crowd(1, 100);
  set_room(*slow[0], 300'000);
  const auto clients = crowd(60, 5000);
  ASSERT_TRUE(world_.run_until([&] { return (take(*clients[0]), clients[0]->next) > 500; }, 10s));
  EXPECT_FALSE(all_have_everything(clients));
  engine_.kill();
  world_.run_for(3s);
  engine_.start(true);
  world_.run_for(3s);
  set_room(*slow[0], SIZE_MAX);
  write(10, 200);
  expect_everything(clients);
  expect_everything(slow);
  expect_full(clients);
  expect_full(slow);
}

}  // namespace
}  // namespace sim
