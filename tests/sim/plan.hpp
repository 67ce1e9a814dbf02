// Plan: what happens in one simulated world, drawn from its seed before anything starts: who is there, what is written,
// who watches and how, what goes wrong and when. Values only; world.cpp carries it out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "feeds/log_feeds.hpp"
#include "net/random.hpp"
#include "net/sim_faults.hpp"
#include "sim/sim_engine.hpp"
#include "sim/sim_follower.hpp"
#include "sim/sim_writer.hpp"

namespace sim {

enum class Fault : std::uint8_t {
  // Between two hosts:
  cut_link,
  stall_link,
  lose_one_way,
  lose_both_ways,
  // The Engine:
  cut_engine,
  stall_engine,
  kill_engine,
  step_engine_clock,
  // Redis:
  restart_redis,
  stall_redis,
  flush_redis,
  fail_over_redis,
  step_redis_clock,
  kill_subscribers,
  lose_publications,
  lose_last_publication,
  lose_lease,
  refuse_leases,  // its memory is full: scripts fail, and publications go on
  // Instances:
  pause_instance,
  kill_instance,
  drain_instance,
  kill_readers,  // the one that reads, and then its successor
};
inline constexpr std::size_t fault_kinds = static_cast<std::size_t>(Fault::kill_readers) + 1;
std::string name_of(Fault fault);

struct FaultPlan {
  Fault fault = Fault::cut_link;
  net::Duration at{}, lasts{};
  std::uint64_t which = 0;  // of the possible ones, by remainder
};

struct LifePlan {  // of a container
  enum class Step : std::uint8_t { exit, stop, kill, restart, pause, remove, start, odd_line };
  Step step = Step::exit;
  net::Duration at{};
};

struct ContainerPlan {
  ContainerOptions options;
  WriterOptions writer;
  std::vector<LifePlan> life;
};

struct FollowerPlan {
  SimFollower::Options options;
  struct Channel {
    std::size_t container = 0;
    int asked = 0;  // 0 by id, 1 by prefix, 2 by name
    Witness::Wish wish;
    std::optional<net::Duration> since_ago;
  };
  std::vector<Channel> channels;
  net::Duration joins{};
  std::optional<net::Duration> leaves;
  std::vector<net::Duration> hangs_up;
};

struct Plan {
  Generation generation = Generation::docker_26;
  net::Duration follow_byte{};  // what the engine takes to show one in a follow
  bool embedded = false;        // no Redis: one instance
  std::size_t instances = 1;
  unsigned serving_loops = 1;
  std::size_t ring_bytes = 0;
  net::Duration lease_ttl{}, linger{};
  feeds::BusBudget::Settings bus;
  feeds::LoneReading::Settings lone;
  net::SimFaults net;
  net::Duration chaos{};           // how long things go wrong
  bool watched_to_the_end = true;  // else everybody leaves, and nobody may work for them any more
  bool last_words_lost = false;    // on the bus
  std::vector<ContainerPlan> containers;
  std::vector<FollowerPlan> followers;
  std::vector<FaultPlan> faults;  // by time
};

Plan draw_plan(net::Random& random);

}  // namespace sim
