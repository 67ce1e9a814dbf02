#include "net/sim_host.hpp"

#include "net/sim_kernel.hpp"

namespace net {

namespace {

using namespace std::chrono_literals;

constexpr Duration world_begin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1).time_since_epoch();

}  // namespace

SimHost::SimHost(SimWorld& world, std::string name, std::string machine)
    : world_(world),
      name_(std::move(name)),
      machine_(std::move(machine)),
      boot_(Duration(world.random().below(1'000'000)) * 1'000'000),
      wall_offset_(world_begin) {}

SimLoop& SimHost::make_loop() {
  loops_.push_back(std::make_unique<SimLoop>(*this));
  return *loops_.back();
}

void SimHost::pause() {
  if (!paused_) ++world_.counts_.pauses;
  paused_ = true;
}

void SimHost::resume() {
  paused_ = false;
  for (const std::uint64_t event : std::exchange(put_off_, {})) world_.events_.move(event, world_.now());
}

void SimHost::kill() {
  ++world_.counts_.kills;
  ++incarnation_;
  paused_ = false;
  put_off_.clear();
  world_.kernel().close_all_of(*this);
  world_.drop_events_of(*this);
}

void SimHost::step_wall_clock(Duration by) {
  ++world_.counts_.clock_steps;
  wall_offset_ += by;
}

}  // namespace net
