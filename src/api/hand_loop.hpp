// For tests: a loop whose time the test moves.
#pragma once

#include <map>
#include <queue>

#include "net/loop.hpp"
#include "net/random.hpp"

namespace api::testing_bench {

class HandLoop final : public net::Loop {
 public:
  net::Instant now() const override { return now_; }
  net::WallTime wall_now() const override { return net::WallTime{std::chrono::seconds(1'700'000'000)} + since_start(); }
  net::Timer after(net::Duration delay, net::Callback call) override {
    timers_.emplace(std::pair{now_ + delay, ++id_}, std::move(call));
    return {*this, id_};
  }
  void post(net::Callback call) override { posted_.push(std::move(call)); }
  net::Random& random() override { return random_; }

  void settle() {
    while (!posted_.empty()) {
      net::Callback call = std::move(posted_.front());
      posted_.pop();
      call();
    }
  }
  void pass(net::Duration duration) {
    const net::Instant until = now_ + duration;
    settle();
    while (!timers_.empty() && timers_.begin()->first.first <= until) {
      auto first = timers_.extract(timers_.begin());
      now_ = first.key().first;
      first.mapped()();
      settle();
    }
    now_ = until;
  }
  net::Duration since_start() const { return now_ - net::Instant{std::chrono::hours(1)}; }

 private:
  void cancel(std::uint64_t timer) override {
    std::erase_if(timers_, [timer](const auto& each) { return each.first.second == timer; });
  }
  net::Instant now_{std::chrono::hours(1)};
  std::map<std::pair<net::Instant, std::uint64_t>, net::Callback> timers_;
  std::queue<net::Callback> posted_;
  std::uint64_t id_ = 0;
  net::Random random_{1};
};

}  // namespace api::testing_bench
