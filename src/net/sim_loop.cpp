#include "net/sim_loop.hpp"

#include <algorithm>

#include "net/sim_host.hpp"

namespace net {

namespace {

constexpr std::uint64_t post_delay_max = 20'000;  // ns: so that the loops of a world meet in ever new orders

}  // namespace

SimLoop::SimLoop(SimHost& host)
    : host_(host), incarnation_(host.incarnation()), random_(host.world().random().next()) {}

bool SimLoop::dead() const { return incarnation_ != host_.incarnation(); }
Instant SimLoop::now() const { return host_.monotonic(); }
WallTime SimLoop::wall_now() const { return host_.wall(); }

Timer SimLoop::after(Duration delay, Callback call) {
  if (dead()) return {};
  return Timer(*this, host_.world().schedule(&host_, delay, std::move(call)));
}

void SimLoop::post(Callback call) {
  if (dead()) return;
  SimWorld& world = host_.world();
  last_post_ = std::max(last_post_, world.now() + Duration(world.random().below(post_delay_max)));
  world.schedule(&host_, last_post_ - world.now(), std::move(call));
}

void SimLoop::cancel(std::uint64_t timer) { host_.world().unschedule(timer); }

}  // namespace net
