// SimHost: a process in the simulated net: its loops, its clocks, and being stopped, continued and killed.
// Owned by SimWorld, to its end; a killed host may be used again, as a process that was started anew.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/sim_loop.hpp"
#include "net/sim_world.hpp"

namespace net {

class SimHost {
 public:
  SimHost(SimWorld& world, std::string name, std::string machine);
  SimHost(const SimHost&) = delete;

  SimWorld& world() { return world_; }
  const std::string& name() const { return name_; }
  const std::string& machine() const { return machine_; }
  // The loop stands until the world ends; when the host was killed it runs nothing any more.
  SimLoop& make_loop();

  // As SIGSTOP and SIGCONT: nothing of it runs, while the kernel goes on taking and giving bytes, and time goes on.
  void pause();
  void resume();
  bool paused() const { return paused_; }
  // As SIGKILL: nothing of it runs any more, its kernel closes its connections and doors. What lived in it is then
  // destroyed by the test. (A machine that vanishes: lose both directions first.)
  void kill();
  void step_wall_clock(Duration by);

  // For the simulated net.
  std::uint64_t incarnation() const { return incarnation_; }
  Instant monotonic() const { return world_.now() + boot_; }
  WallTime wall() const { return WallTime(world_.now().time_since_epoch()) + wall_offset_; }
  void put_off(std::uint64_t event) { put_off_.push_back(event); }

 private:
  SimWorld& world_;
  const std::string name_, machine_;
  std::uint64_t incarnation_ = 1;
  bool paused_ = false;
  Duration boot_;  // monotonic clocks of two hosts have nothing to do with each other
  Duration wall_offset_;
  std::vector<std::uint64_t> put_off_;  // events that fell due while it was paused, in order
  std::vector<std::unique_ptr<SimLoop>> loops_;
};

}  // namespace net
