// Pages and downloads of a container's log from the simulated Engine, in both its behaviours: while the log rotates,
// and where the Engine cuts a read off.
#include <gtest/gtest.h>

#include "docker/page_read.hpp"
#include "feeds/log_download.hpp"
#include "feeds/log_pages.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"
#include "ws/deflate.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using docker::LogPage;

ContainerOptions options_of(std::uint64_t max_size) {
  ContainerOptions options;
  options.log.max_size = max_size;
  options.log.max_file = 3;
  return options;
}

EngineOptions engine_of(Generation generation) {
  EngineOptions options;
  options.generation = generation;
  options.reorder_chance = 0.01;
  return options;
}

class LogPagesTest : public testing::TestWithParam<Generation> {
 protected:
  void begin(std::uint64_t max_size) {
    container_ = &engine_.create(options_of(max_size));
    container_->start();
    EXPECT_TRUE(world_.run_until([this] { return container_->state() == "running"; }, 1s));
    source_.container = await(client_.inspect(container_->id())).value();
    source_.log.engine = 1;
    source_.log.container = *docker::container_key(container_->id());
  }

  template <class T>
  static net::Task<void> keep(net::Task<T> task, std::optional<T>& into) {
    into.emplace(co_await std::move(task));
  }
  template <class T>
  T await(net::Task<T> task) {
    std::optional<T> result;
    const net::Job job(keep(std::move(task), result));
    EXPECT_TRUE(world_.run_until([&] { return result.has_value(); }, 60s));
    return std::move(*result);
  }

  // Numbered lines, of both streams, in the order of the log.
  void write(int lines) {
    for (const int end = written_ + lines; written_ < end; ++written_) {
      const SimStream stream = written_ % 5 == 0 ? SimStream::err : SimStream::out;
      container_->write(stream, "line " + std::to_string(written_) + " of those that are written\n");
      world_.run_for(1ms);
    }
    world_.run_for(50ms);  // those that their copier was late with
  }
  base::Result<LogPage> page(const docker::PageFrom& from) {
    return await(docker::read_page(client_, near_.loop(), source_, from));
  }
  // The numbers of its lines; a gap is -1.
  static std::vector<int> numbers(const LogPage& page) {
    std::vector<int> all;
    for (const auto& chunk : page.chunks) {
      if (chunk->gap) all.push_back(-1);
      for (const docker::Line& line : chunk->batch.lines()) all.push_back(std::stoi(std::string(line.text.substr(5))));
    }
    return all;
  }
  std::vector<int> left_on_disk() const {
    std::vector<int> all;
    const auto& records = container_->log().records();
    for (std::size_t i = container_->log().oldest_on_disk(); i < records.size(); ++i)
      all.push_back(std::stoi(records[i].payload.substr(5)));
    return all;
  }

  net::SimWorld world_{1};
  net::SimNetwork far_{world_.host("docker").make_loop()};
  net::SimNetwork near_{world_.host("here").make_loop()};
  SimEngine engine_{far_, {{}, "docker", 2375}, engine_of(GetParam())};
  docker::Client client_{near_, {{}, "docker", 2375}};
  SimContainer* container_ = nullptr;
  docker::LogSource source_;
  int written_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Engines, LogPagesTest, testing::Values(Generation::docker_20, Generation::docker_26),
                         [](const auto& which) { return which.param == Generation::docker_20 ? "Old" : "New"; });

TEST_P(LogPagesTest, PagesBackAndOnJoinToTheLog) {
  begin(0);
  write(2500);
  std::vector<int> back, onward;
  docker::PageFrom from;
  for (bool more = true; more;) {
    const auto page = this->page(from);
    ASSERT_TRUE(page.has_value());
    const std::vector<int> lines = numbers(*page);
    back.insert(back.begin(), lines.begin(), lines.end());
    from.before = page->first;
    from.depth = page->depth;
    more = page->more;
  }
  EXPECT_EQ(back, left_on_disk());
  docker::PageFrom on;
  on.after = from.before;
  for (bool more = true; more;) {
    const auto page = this->page(on);
    ASSERT_TRUE(page.has_value());
    const std::vector<int> lines = numbers(*page);
    onward.insert(onward.end(), lines.begin(), lines.end());
    on.after = page->last;
    more = page->more;
  }
  EXPECT_EQ(onward, left_on_disk());
}

TEST_P(LogPagesTest, WhileTheLogRotatesPagesBackEndWhereItBeginsNow) {
  begin(60'000);
  write(1500);
  std::vector<int> back;
  docker::PageFrom from;
  const std::vector<int> at_first = left_on_disk();
  for (bool more = true; more;) {
    const auto page = this->page(from);
    ASSERT_TRUE(page.has_value());
    const std::vector<int> lines = numbers(*page);
    back.insert(back.begin(), lines.begin(), lines.end());
    from.before = page->first;
    from.depth = page->depth;
    more = page->more;
    write(50);
  }
  ASSERT_FALSE(back.empty());
  EXPECT_EQ(back.back(), 1499);
  EXPECT_TRUE(std::equal(back.rbegin(), back.rend(), at_first.rbegin())) << "nothing twice, nothing missing";
  EXPECT_LT(back.size(), at_first.size()) << "some was rotated away meanwhile";
}

TEST_P(LogPagesTest, WhatWasRotatedAwayBehindAPositionIsAGapInThePage) {
  begin(60'000);
  write(100);
  docker::PageFrom first;
  const auto before = page(first);
  ASSERT_TRUE(before.has_value());
  write(3000);
  docker::PageFrom on;
  on.after = before->last;
  const auto page = this->page(on);
  ASSERT_TRUE(page.has_value());
  std::vector<int> lines = numbers(*page);
  ASSERT_EQ(lines.size(), 101U) << "a gap is no line";
  EXPECT_EQ(lines[0], -1);
  lines.erase(lines.begin());
  const std::vector<int> left = left_on_disk();
  EXPECT_TRUE(std::equal(lines.begin(), lines.end(), left.begin()));
  EXPECT_EQ(page->first, before->last);
  EXPECT_TRUE(page->more);
}

TEST_P(LogPagesTest, APageWhoseReadIsCutIsAnErrorAndComesWholeWhenItIsAskedForAgain) {
  begin(0);
  write(2000);
  docker::PageFrom from;
  from.lines = 1000;
  std::optional<base::Result<LogPage>> page;
  const std::uint64_t asked = engine_.counts().logs_requests;
  const net::Job job(keep(docker::read_page(client_, near_.loop(), source_, from), page));
  ASSERT_TRUE(world_.run_until([&] { return engine_.counts().logs_requests > asked; }, 5s));
  engine_.cut_connections();
  ASSERT_TRUE(world_.run_until([&] { return page.has_value(); }, 60s));
  ASSERT_FALSE(page->has_value());
  EXPECT_EQ(page->error().fault, base::Fault::closed);
  const auto again = this->page(from);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(numbers(*again).front(), 1000);
  EXPECT_EQ(numbers(*again).size(), 1000U);
}

TEST_P(LogPagesTest, APageIsToldAsMessagesAndAnEngineThatStandsStillIsAnError) {
  begin(0);
  write(300);
  net::Gate reads(near_.loop(), 1);
  ws::Deflater deflater;
  feeds::LogPages pages({near_.loop(), client_, reads, deflater}, source_.log.engine);
  const auto ask = [&](feeds::PageAsked asked) {
    std::optional<base::Result<feeds::Page>> page;
    asked.container = container_->id();
    const net::Job job(pages.answer(asked, [&page](base::Result<feeds::Page> told) { page.emplace(std::move(told)); }));
    EXPECT_TRUE(world_.run_until([&page] { return page.has_value(); }, 300s));
    return std::move(*page);
  };
  feeds::PageAsked asked;
  asked.limit = 2;
  const auto page = ask(asked);
  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->items.starts_with(R"([{"type":"log","channel":"container:logs:)" + container_->id()));
  EXPECT_NE(page->items.find(R"("data":"line 298 of those that are written"},{"type":"log")"), std::string::npos);
  EXPECT_NE(page->items.find(R"("position":")" + page->last + '"'), std::string::npos) << "of its last line";
  EXPECT_TRUE(page->more);
  asked.before = docker::Position::parse(page->first);
  const auto foreign = [&] {
    feeds::PageAsked other = asked;
    other.before->container[0] ^= 1;
    return ask(other);
  }();
  ASSERT_FALSE(foreign.has_value());
  EXPECT_EQ(foreign.error().fault, base::Fault::bad_request);
  engine_.stall();
  const auto given_up = ask(asked);
  ASSERT_FALSE(given_up.has_value());
  EXPECT_EQ(given_up.error().fault, base::Fault::timed_out);
  engine_.resume();
  EXPECT_TRUE(ask(asked).has_value()) << "the place among the readers was given back";
}

TEST_P(LogPagesTest, ADownloadThatIsCutEndsWithAnErrorBehindWhatCameWhole) {
  begin(0);
  write(20'000);
  for (const auto form : {feeds::Download::Form::text, feeds::Download::Form::json}) {
    feeds::Download asked;
    asked.form = form;
    asked.container = source_.container;
    const auto source = feeds::make_download_source(client_, near_.loop(), asked, source_.log);
    ASSERT_TRUE(await(source->begin()).has_value());
    std::string text = await(source->next()).value();
    ASSERT_FALSE(text.empty());
    engine_.cut_connections();
    for (;;) {
      auto piece = await(source->next());
      if (!piece) {
        EXPECT_EQ(piece.error().fault, base::Fault::closed);
        break;
      }
      ASSERT_FALSE(piece->empty()) << "that would be a proper end";
      text += *piece;
    }
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_EQ(text.find("line 19999 "), text.npos);
  }
}

}  // namespace
}  // namespace sim
