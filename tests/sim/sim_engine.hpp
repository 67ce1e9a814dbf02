// SimEngine: a Docker Engine at the level of bytes on the simulated net: HTTP/1.1 with keep-alive and chunks, the API
// that dockcast uses, in the behaviour of 20.10 or of 26.1 (docker-engine.md 3.0-3.6). Containers are driven from the
// test; their logs keep the whole truth for the checkers. Judged beside the real ones by
// tests/integration/engine_twins_test.cpp. Thread: its network's loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/network.hpp"
#include "net/random.hpp"
#include "sim/sim_container.hpp"
#include "sim/sim_events.hpp"
#include "sim/sim_log_reading.hpp"

namespace sim {

class SimConnection;

struct EngineOptions {
  Generation generation = Generation::docker_26;
  std::string engine_id = "SIMULATED-ENGINE";
  // Of a record: that its copier loses the processor between stamping and writing it (≤ 2.7 ms, measured).
  double reorder_chance = 0.001;
  // Of a wake-up of a follow: that it comes late (≤ 20 ms) instead of after some 100 µs.
  double late_chance = 0.02;
  // What a follow takes to show a byte: 30 MB/s were measured, less than a container writes. 0: no time.
  net::Duration follow_byte{};
  // Between the head of an answer to /events and what it remembers.
  net::Duration remembers_after{};
};

// What really happened, for the simulation's summary.
struct EngineCounts {
  FollowFaults follow;
  std::uint64_t requests = 0, logs_requests = 0, follow_requests = 0;
  std::uint64_t events_requests = 0, list_requests = 0, stats_requests = 0;
  std::uint64_t rotations = 0, out_of_order = 0, clock_steps = 0, daemon_kills = 0, stalls = 0;
};

class SimEngine {
 public:
  // Listens at once.
  SimEngine(net::Network& network, net::Endpoint endpoint, EngineOptions options = {});
  ~SimEngine();
  SimEngine(const SimEngine&) = delete;

  SimContainer& create(ContainerOptions options);
  // By id or name, the removed ones too (by id); null where there is none.
  SimContainer* find(const std::string& id_or_name);
  // Every container that ever was, in the order of creation.
  const std::vector<std::unique_ptr<SimContainer>>& containers() const { return containers_; }

  // The daemon dies: connections are cut, its events forgotten, what it had read and not logged is lost; processes
  // write into their pipes. start() brings it back, with the processes or (as by default in Docker) without them.
  void kill();
  void start(bool processes_live_on);
  // As a proxy between would: every connection ends, the daemon lives on.
  void cut_connections();
  // SIGSTOP and SIGCONT.
  void stall();
  void resume();
  bool serving() const { return listener_ != nullptr && !stalled_; }
  // Of the daemon's host; its SimHost's wall clock does as well.
  void step_clock(net::Duration by);
  void remember_after(net::Duration time) { options_.remembers_after = time; }
  std::int64_t wall() const;

  const EngineOptions& options() const { return options_; }
  const EngineCounts& counts() const;
  std::size_t follows_open() const { return follows_open_; }  // requests with follow=1 that are being answered
  std::size_t events_open() const { return events_.subscribers(); }
  std::size_t stats_open() const { return stats_open_; }

 private:
  friend class SimContainer;
  friend class SimConnection;

  std::int64_t stamp();  // wall(), never the same twice
  void later(net::Duration delay, net::Callback call);
  void publish(SimEvent event);
  void forget(SimContainer& container);
  void listen();
  void drop(SimConnection& connection);
  std::vector<SimContainer*> matching(std::string_view text);  // as the daemon finds by id, name, prefix

  net::Network& network_;
  net::Loop& loop_;
  net::Endpoint endpoint_;
  EngineOptions options_;
  mutable EngineCounts counts_;
  SimEvents events_;
  std::vector<std::unique_ptr<SimContainer>> containers_;
  std::vector<SimContainer*> known_;  // to the daemon: not removed
  net::Duration clock_offset_{};
  net::Instant last_stamp_{};  // by the clock that does not step
  bool stalled_ = false;
  std::size_t follows_open_ = 0, stats_open_ = 0;
  std::uint64_t later_count_ = 0;
  struct Later {
    net::Timer timer;
    net::Callback call;
  };
  std::map<std::uint64_t, Later> later_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<SimConnection>> connections_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
};

}  // namespace sim
