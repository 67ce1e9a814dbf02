// What is MemoryStore's alone: its bounds. The rest is tests/contract/message_store_contract_test.cpp.
#include "messages/memory_store.hpp"

#include "bus/memory_bus.hpp"
#include "net/both_nets.hpp"

namespace messages {
namespace {

using namespace std::chrono_literals;

class MemoryStoreTest : public ::testing::Test {
 protected:
  Published publish(MemoryStore& store, const std::string& channel, std::size_t size = 1, std::string once = {}) {
    Publication publication{.channel = channel, .from = "alice", .data = std::string(size, '1')};
    publication.once = once.empty() ? std::to_string(++count_) : std::move(once);
    return now(store.publish(std::move(publication))).value();
  }
  Page read(MemoryStore& store, const std::string& channel) { return now(store.read(channel, {}, {})).value(); }
  void pass(net::Duration duration) {
    const net::Instant end = net_.loop().now() + duration;
    while (net_.loop().now() < end) {  // in pieces that the simulated net waits for
      bool over = false;
      const net::Timer timer =
          net_.loop().after(std::min<net::Duration>(end - net_.loop().now(), 4min), [&over] { over = true; });
      ASSERT_TRUE(net_.run_until([&over] { return over; }));
    }
  }

  net::SimulatedNet net_;
  bus::MemoryBus bus_{net_.loop()};

 private:
  // It never waits.
  template <class T>
  T now(net::Task<T> task) {
    std::optional<T> result;
    const net::Job job([](net::Task<T> inner, std::optional<T>& out) -> net::Task<void> {
      T got = co_await std::move(inner);
      out.emplace(std::move(got));
    }(std::move(task), result));
    return std::move(result).value();
  }
  int count_ = 0;
};

TEST_F(MemoryStoreTest, AboveItsBytesTheChannelThatHasMostLosesItsOldest) {
  MemoryStore store(net_.loop(), bus_, {.bytes_max = 20'000});
  publish(store, "app:quiet", 100);
  for (int i = 0; i < 100; ++i) publish(store, "app:loud", 1000);
  EXPECT_LE(store.bytes(), 20'000u);
  EXPECT_GT(store.bytes(), 15'000u);
  EXPECT_EQ(read(store, "app:quiet").items.size(), 1u);
  const Page loud = read(store, "app:loud");
  EXPECT_EQ(loud.state.top.offset, 100u);
  EXPECT_EQ(loud.state.oldest, 101 - loud.items.size());
  EXPECT_EQ(loud.items.back().position.offset, 100u);
}

TEST_F(MemoryStoreTest, WhatIsLargerThanAllOfItIsPublishedAndNotKept) {
  MemoryStore store(net_.loop(), bus_, {.bytes_max = 1000});
  EXPECT_EQ(publish(store, "app:a", 5000).position.offset, 1u);
  EXPECT_EQ(store.bytes(), 0u);
  EXPECT_EQ(read(store, "app:a").state.oldest, 2u);
}

TEST_F(MemoryStoreTest, AboveItsChannelsTheOneUsedLongestAgoIsForgottenAndComesBackWithAnotherEpoch) {
  MemoryStore store(net_.loop(), bus_, {.channels_max = 2});
  const Position forgotten = publish(store, "app:a").position;
  const Position kept = publish(store, "app:b").position;
  read(store, "app:b");
  publish(store, "app:c");
  EXPECT_EQ(store.channels(), 2u);
  EXPECT_EQ(recover(read(store, "app:b").state, kept).kind, Recovery::Kind::full);
  EXPECT_EQ(recover(read(store, "app:a").state, forgotten).kind, Recovery::Kind::none);
  EXPECT_NE(publish(store, "app:a").position.epoch, forgotten.epoch);
}

TEST_F(MemoryStoreTest, AChannelThatNobodyUsesIsForgottenADayAfterItsMessages) {
  MemoryStore store(net_.loop(), bus_);
  const Position position = publish(store, "app:a").position;
  pass(24h);
  EXPECT_EQ(read(store, "app:a").state.top, position);  // which uses it
  pass(24h + 59min);
  EXPECT_EQ(read(store, "app:a").state.top, position);
  pass(25h + 1min);
  EXPECT_NE(read(store, "app:a").state.top.epoch, position.epoch);
  EXPECT_EQ(store.channels(), 0u);
  EXPECT_EQ(store.bytes(), 0u);
}

TEST_F(MemoryStoreTest, AboveItsAnswersTheFirstToEndIsForgotten) {
  MemoryStore store(net_.loop(), bus_, {.answers_max = 2});
  for (const char* once : {"one", "two", "three", "four"}) {
    publish(store, "app:a", 1, once);
    pass(1s);
  }
  EXPECT_TRUE(publish(store, "app:a", 1, "four").duplicate);
  EXPECT_FALSE(publish(store, "app:a", 1, "one").duplicate);
}

}  // namespace
}  // namespace messages
