// For tests of buses and what stands on them: a listener that remembers, and tasks run to their end on any net.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "net/both_nets.hpp"

namespace contract {

struct Heard final : bus::Listener {
  void on_following() override { ++following; }
  void on_frame(std::string_view frame) override {
    EXPECT_GT(following, lost) << "a frame while the subscription does not stand";
    frames.emplace_back(frame);
    if (then) then();
  }
  void on_lost() override { ++lost; }
  bool stands() const { return following > lost; }

  int following = 0, lost = 0;
  std::vector<std::string> frames;
  std::function<void()> then;  // inside on_frame
};

template <class T>
net::Task<void> keep(net::Task<T> task, std::optional<T>& result) {
  T outcome = co_await std::move(task);
  result.emplace(std::move(outcome));
}

template <class T>
T await(net::AnyNet& net, net::Task<T> task) {
  std::optional<T> result;
  const net::Job job(keep(std::move(task), result));
  EXPECT_TRUE(net.run_until([&result] { return result.has_value(); }));
  return std::move(result).value();
}

}  // namespace contract
