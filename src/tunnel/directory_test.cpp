#include "tunnel/directory.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "bus/memory_bus.hpp"
#include "net/both_nets.hpp"
#include "tunnel/memory_registry.hpp"

namespace tunnel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One that remembers nothing but what was said.
struct Ear final : bus::Listener {
  struct Known {
    std::string engine;
    std::uint64_t age;
    bool operator==(const Known&) const = default;
    friend void PrintTo(const Known& known, std::ostream* out) { *out << known.engine << " " << known.age << " s"; }
  };
  void on_following() override {}
  void on_lost() override {}
  void on_frame(std::string_view bytes) override {
    const auto frame = decode(bytes);
    if (frame && frame->kind == Kind::known) known.push_back({std::string(frame->payload), frame->number});
  }
  std::vector<Known> known;
};

// One that may be away: for what is published, and for what is heard.
class LossyBus final : public bus::Bus {
 public:
  explicit LossyBus(net::Loop& loop) : loop_(loop), bus_(loop) {}

  void refuse(bool refuses) { refuses_ = refuses; }
  void lose() { listener_->on_lost(); }
  void come_back() { listener_->on_following(); }

  void publish(std::string_view channel, std::string frame, OnPublished on_published) override {
    if (!refuses_) return bus_.publish(channel, std::move(frame), std::move(on_published));
    loop_.post([on_published = std::move(on_published)]() mutable {
      if (on_published) on_published(base::Error{base::Fault::unavailable, "away"});
    });
  }
  std::unique_ptr<bus::Following> follow(std::string_view channel, bus::Listener& listener) override {
    listener_ = &listener;
    return bus_.follow(channel, listener);
  }
  bus::State state() const override { return bus::State::connected; }
  bus::Observing on_state(std::function<void(bus::State)>) override { return {}; }

 private:
  net::Loop& loop_;
  bus::MemoryBus bus_;
  bool refuses_ = false;
  bus::Listener* listener_ = nullptr;  // who came last
};

class DirectoryTest : public ::testing::Test {
 protected:
  struct Instance {
    Instance(DirectoryTest& test, const std::string& name)
        : directory(
              {test.net_.loop(), test.bus_}, test.registry_, name,
              [this](const std::string& id, bool) { engines.push_back(id); }, [] {}) {}
    std::vector<std::string> engines;  // as they were heard of
    Directory directory;
  };
  void says(std::string_view host, std::string_view engine) {
    bus_.publish(hosts_channel, encode(Frame{Kind::here, 0, 0, encode(Announcement{host, engine})}), {});
  }
  void knows(std::string_view engine, net::Duration age) {
    bus_.publish(hosts_channel, encode(Frame{Kind::known, 0, static_cast<std::uint64_t>(age / 1s), engine}), {});
  }
  void who() { bus_.publish(hosts_channel, encode(Frame{Kind::who}), {}); }
  void run_for(net::Duration time) {
    for (; time > 100s; time -= 100s) run_for(100s);
    bool over = false;
    const net::Timer timer = net_.loop().after(time, [&over] { over = true; });
    EXPECT_TRUE(net_.run_until([&over] { return over; }));
  }
  // As a host does.
  void note_for(net::Duration time) {
    for (; time > 0s; time -= 2s) {
      registry_.note("ENGINE");
      run_for(2s);
    }
  }
  net::Duration age(const Instance& instance, const std::string& engine) {
    return net_.loop().now() - instance.directory.heard(engine).value();
  }

  net::SimulatedNet net_;
  bus::MemoryBus bus_{net_.loop()};
  MemoryRegistry registry_{net_.loop()};
  Ear ear_;
  std::unique_ptr<bus::Following> following_ = bus_.follow(hosts_channel, ear_);
};

TEST_F(DirectoryTest, whoever_comes_hears_once_of_an_Engine_that_nobody_reaches_now) {
  const Instance a(*this, "a"), b(*this, "b"), c(*this, "c");
  says("h", "ENGINE");
  run_for(100s);
  ear_.known.clear();
  Instance late(*this, "late");
  run_for(2s);
  EXPECT_THAT(late.engines, ElementsAre("ENGINE"));
  EXPECT_THAT(ear_.known, ElementsAre(Ear::Known{"ENGINE", 100})) << "of three who know it one says so";
  EXPECT_FALSE(late.directory.host_of("ENGINE"));
  EXPECT_GE(age(late, "ENGINE"), 100s);
  EXPECT_LE(age(late, "ENGINE"), 103s);
}

TEST_F(DirectoryTest, where_a_host_answers_nobody_answers_for_it) {
  const Instance a(*this, "a");
  says("h", "ENGINE");
  run_for(5s);
  ear_.known.clear();
  who();
  run_for(10ms);
  says("h", "ENGINE");
  run_for(2s);
  EXPECT_THAT(ear_.known, IsEmpty());
}

TEST_F(DirectoryTest, two_who_ask_at_the_same_time_are_answered_as_one) {
  const Instance a(*this, "a");
  says("h", "ENGINE");
  run_for(20s);
  ear_.known.clear();
  const Instance one(*this, "one");
  run_for(100ms);
  const Instance two(*this, "two");
  run_for(2s);
  EXPECT_THAT(one.engines, ElementsAre("ENGINE"));
  EXPECT_THAT(two.engines, ElementsAre("ENGINE"));
  EXPECT_EQ(ear_.known.size(), 1u);
}

TEST_F(DirectoryTest, hearsay_makes_an_Engine_no_younger_and_what_nobody_heard_for_ten_minutes_is_not_passed_on) {
  const Instance a(*this, "a");
  knows("OLD", Directory::remembered + 1s);
  knows("ENGINE", 300s);
  run_for(1s);
  EXPECT_THAT(a.engines, ElementsAre("ENGINE"));
  run_for(200s);
  knows("ENGINE", 0s);
  run_for(1s);
  EXPECT_GE(age(a, "ENGINE"), 500s);
  ear_.known.clear();
  who();
  run_for(2s);
  EXPECT_EQ(ear_.known.size(), 1u);
  run_for(100s);
  ear_.known.clear();
  who();
  run_for(2s);
  EXPECT_THAT(ear_.known, IsEmpty());
}

TEST_F(DirectoryTest, an_Engine_that_only_the_Registry_has_is_heard_of_for_as_long_as_that_keeps_it) {
  registry_.note("ENGINE");
  run_for(20s);
  Instance a(*this, "a");
  run_for(1s);
  EXPECT_THAT(a.engines, ElementsAre("ENGINE"));
  EXPECT_GE(age(a, "ENGINE"), 20s);
  who();
  run_for(2s);
  EXPECT_THAT(ear_.known, IsEmpty()) << "it is no news to those who can read it";
  run_for(50s);
  EXPECT_FALSE(a.directory.forgotten("ENGINE")) << "nobody could have been heard for longer";
  run_for(10s);
  EXPECT_TRUE(a.directory.forgotten("ENGINE"));
  says("h", "ENGINE");
  run_for(Directory::remembered - 1s);
  EXPECT_FALSE(a.directory.forgotten("ENGINE")) << "an instance spoke of it";
}

TEST_F(DirectoryTest, the_Registry_makes_an_Engine_no_younger_than_who_speaks_of_it) {
  registry_.note("ENGINE");
  Instance a(*this, "a");
  run_for(100ms);
  EXPECT_LE(age(a, "ENGINE"), 1s);
  knows("ENGINE", 540s);
  run_for(100ms);
  EXPECT_GE(age(a, "ENGINE"), 540s);
}

TEST_F(DirectoryTest, where_the_Registry_is_older_than_anybodys_return_a_second_is_enough) {
  note_for(8s);
  const Instance a(*this, "a");
  run_for(900ms);
  EXPECT_FALSE(a.directory.settled());
  run_for(200ms);
  EXPECT_TRUE(a.directory.settled());
}

TEST_F(DirectoryTest, where_nobody_noted_anything_for_a_while_the_others_are_given_their_time) {
  note_for(8s);
  run_for(30s);
  registry_.note("ENGINE");
  const Instance a(*this, "a");
  run_for(6s);
  EXPECT_FALSE(a.directory.settled());
  run_for(2s);
  EXPECT_TRUE(a.directory.settled());
}

TEST_F(DirectoryTest, whoever_went_deaf_after_asking_asks_again) {
  note_for(8s);
  LossyBus bus(net_.loop());
  const Directory directory(
      {net_.loop(), bus}, registry_, "new", [](const std::string&, bool) {}, [] {});
  run_for(500ms);
  bus.lose();
  run_for(2s);
  EXPECT_FALSE(directory.settled());
  bus.come_back();
  run_for(900ms);
  EXPECT_FALSE(directory.settled());
  run_for(200ms);
  EXPECT_TRUE(directory.settled());
  bus.lose();
  EXPECT_TRUE(directory.settled());
}

TEST_F(DirectoryTest, where_the_Registry_is_young_it_is_read_again) {
  registry_.note("ONE");
  run_for(5s);
  Instance a(*this, "a");
  run_for(1100ms);
  EXPECT_FALSE(a.directory.settled());
  registry_.note("TWO");
  run_for(2s);
  EXPECT_TRUE(a.directory.settled());
  EXPECT_THAT(a.engines, ElementsAre("ONE", "TWO"));
}

TEST_F(DirectoryTest, nothing_is_known_before_the_Registry_was_read_but_where_that_is_forbidden) {
  registry_.note("ENGINE");
  registry_.refuse(base::Error{base::Fault::unavailable, "away"});
  Instance a(*this, "a");
  run_for(20s);
  EXPECT_FALSE(a.directory.settled());
  registry_.refuse({});
  run_for(1s);
  EXPECT_TRUE(a.directory.settled());
  EXPECT_THAT(a.engines, ElementsAre("ENGINE"));
  registry_.refuse(base::Error{base::Fault::forbidden, "not for us"});
  const Instance b(*this, "b");
  run_for(6s);
  EXPECT_FALSE(b.directory.settled());
  run_for(2s);
  EXPECT_TRUE(b.directory.settled());
}

TEST_F(DirectoryTest, what_there_is_is_known_seven_seconds_after_the_question_went_out) {
  LossyBus bus(net_.loop());
  bus.refuse(true);
  const Directory directory(
      {net_.loop(), bus}, registry_, "new", [](const std::string&, bool) {}, [] {});
  run_for(20s);
  EXPECT_FALSE(directory.settled()) << "nobody was asked";
  bus.refuse(false);
  run_for(6s);
  EXPECT_FALSE(directory.settled());
  run_for(2s);
  EXPECT_TRUE(directory.settled());
}

TEST_F(DirectoryTest, no_Engine_is_forgotten_while_nobody_could_speak_of_it) {
  LossyBus bus(net_.loop());
  const Directory directory(
      {net_.loop(), bus}, registry_, "a", [](const std::string&, bool) {}, [] {});
  bus.publish(hosts_channel, encode(Frame{Kind::here, 0, 0, encode(Announcement{"h", "ENGINE"})}), {});
  run_for(1s);
  bus.lose();
  run_for(2 * Directory::remembered);
  EXPECT_FALSE(directory.forgotten("ENGINE"));
  bus.come_back();
  run_for(Directory::remembered - 1s);
  EXPECT_FALSE(directory.forgotten("ENGINE"));
  run_for(2s);
  EXPECT_TRUE(directory.forgotten("ENGINE"));
}

}  // namespace
}  // namespace tunnel
