// World: one seed, from its plan to its verdict: a simulated Engine and Redis, instances of the real product,
// containers that write, followers that watch, faults; then everything heals, and what was promised is looked for.
//
//   before ──▶ chaos (faults, joins, leaves, restarts) ──▶ heal ──▶ everybody has everything ──▶ at rest ──▶ nobody
//
// Witnesses judge every message as it comes (witness.hpp); here stand the promises that no single follower can see.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/sim_world.hpp"
#include "sim/plan.hpp"
#include "sim/sim_instance.hpp"
#include "sim/sim_redis.hpp"
#include "sim/site.hpp"
#include "sim/verdict.hpp"

namespace sim {

class World {
 public:
  // `say`: told everything; null: nobody listens.
  World(std::uint64_t seed, Say say);
  ~World();
  World(const World&) = delete;

  Verdict run();

 private:
  struct Container {
    explicit Container(SimContainer& of) : container(of), truth(of.log(), of.options().tty) {}
    SimContainer& container;
    LogTruth truth;
    std::unique_ptr<SimWriter> writer;
  };
  struct Follower {
    std::unique_ptr<Site> site;
    std::unique_ptr<SimFollower> follower;
    bool leaves = false;
  };
  struct Outage {  // of Redis, for everybody
    net::Instant from;
    bool over = false;
  };

  // world.cpp: the course of things
  void say(const std::string& who, const std::string& what) const;
  void fail(const std::string& what);
  bool run_for(net::Duration duration);
  bool run_until(const std::function<bool()>& done, net::Duration limit);
  void at(net::Duration when, std::function<void()> what);
  void create_containers();
  void create_instances();
  void add_follower(const FollowerPlan& plan);
  void schedule_all();
  void live(std::size_t container, LifePlan::Step step);
  void write_odd_line(SimContainer& container);
  void heal();
  void last_words();

  // world_faults.cpp
  void strike(const FaultPlan& fault);
  bool possible(const FaultPlan& fault) const;
  void strike_link(const FaultPlan& fault);
  void strike_engine(const FaultPlan& fault);
  void strike_redis(const FaultPlan& fault);
  void strike_instance(const FaultPlan& fault);
  void lose_last_publication(const FaultPlan& fault);
  void kill_reader(std::uint64_t which, int more, net::Duration back_after);
  void later(net::Duration after, std::function<void()> undo);
  bool calm() const;
  std::int64_t settled() const;
  SimInstance* reader_of(std::size_t container) const;
  std::string bus_name(std::size_t container) const;
  bool on_delivery(std::string_view channel, std::string_view frame);

  // world_checks.cpp
  void watch_outage();
  void watch_requests(std::uint64_t before);
  std::string everybody_has_everything();
  void check_at_rest();
  void check_nobody_is_served();
  std::string wrong_at_rest() const;
  std::set<std::string> instances_at_work_for(std::size_t container) const;
  std::size_t readers_of(std::size_t container) const;
  std::string wrong_state_told(SimFollower& follower) const;
  static bool trouble_told(SimFollower& follower);
  void count();

  net::SimWorld net_;
  Plan plan_;
  Say say_;
  Stage stage_;
  std::string broken_;
  std::unique_ptr<Site> docker_, redis_site_, stage_site_;
  std::unique_ptr<SimEngine> engine_;
  std::unique_ptr<SimRedis> redis_;
  std::vector<std::unique_ptr<Container>> containers_;
  std::vector<std::unique_ptr<SimInstance>> instances_;
  std::vector<Follower> followers_;
  std::uint64_t faults_begun_ = 0;
  net::Instant trouble_until_ = net::Instant::min();  // so far: a fault was on, or struck
  std::int64_t trouble_from_ns_ = 0;                  // of the same, by the Engine's clock
  bool clock_stepped_ = false;                        // the Engine's
  bool chaos_ = true;
  // What undoes the faults that are on, by number: at its time, or when all is healed.
  std::map<std::uint64_t, std::function<void()>> undo_;
  std::uint64_t undo_count_ = 0;
  double lost_publications_ = 0;  // chance
  struct Heard {
    std::uint64_t sender = 0;
    bool pull = false;
    std::pair<std::uint64_t, std::uint64_t> fence;  // the newest of a tip
  };
  std::map<std::string, Heard, std::less<>> heard_;  // by bus channel
};

}  // namespace sim
