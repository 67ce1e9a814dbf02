// SimRedis: a Redis at the level of bytes, on any net: the commands that dockcast uses, pub/sub at most once with an
// output bound, and the faults that a real one has. Our scripts run as C++ twins, judged by the same contract suite as
// the real ones (tests/contract). Thread: its network's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/network.hpp"
#include "sim/sim_redis_store.hpp"

namespace sim {

class SimRedisClient;

class SimRedis {
 public:
  struct Options {
    std::string password;                     // empty: none is needed
    std::size_t output_bytes_max = 32 << 20;  // of one connection; above it Redis cuts it
  };
  // What really happened, for the simulation's summary.
  struct Counts {
    std::uint64_t commands = 0, publications = 0, deliveries = 0, lost = 0;
    std::uint64_t cut_for_output = 0, restarts = 0, flushes = 0, failovers = 0, clock_steps = 0, stalls = 0;
    std::uint64_t subscribers_killed = 0;
  };
  // Says of one delivery to one subscriber that it never arrives.
  using Loses = std::function<bool(std::string_view channel, std::string_view payload)>;

  // Listens at once.
  SimRedis(net::Network& network, net::Endpoint endpoint, Options options);
  SimRedis(net::Network& network, net::Endpoint endpoint) : SimRedis(network, std::move(endpoint), Options{}) {}
  ~SimRedis();
  SimRedis(const SimRedis&) = delete;

  void kill();   // everything is cut, and lost
  void start();  // empty, another run id
  // SIGSTOP and SIGCONT: connections are accepted and never answered.
  void stall();
  void resume();
  // Redis' own clock, by which TTLs end.
  void step_clock(net::Duration by);
  void flush();
  // A replica stops following here; fail_over() makes it the master: later writes are lost, connections cut.
  void fork();
  void fail_over();
  void kill_subscribers();
  void lose(Loses loses) { loses_ = std::move(loses); }
  // Told after each script what it may look at in the store, before anybody hears of it.
  void watch(std::function<void()> watcher) { watcher_ = std::move(watcher); }
  // Each command of data is answered with this error, as "READONLY You can't write…"; "" ends it.
  void refuse_with(std::string error) { refusal_ = std::move(error); }
  void refuse_scripts(bool refuses) { refuses_scripts_ = refuses; }  // as one whose memory is full
  void refuse_writes(bool refuses) { refuses_writes_ = refuses; }    // as a replica
  void set_role(std::string role) { role_ = std::move(role); }       // "master", "slave"
  void forbid_info(bool forbids) { forbids_info_ = forbids; }        // as to an account that may not ask
  void set_loading(bool loading) { loading_ = loading; }
  // As one with a bound on its memory.
  void set_maxmemory_policy(std::string policy) { maxmemory_policy_ = std::move(policy); }
  void forget_scripts() { scripts_.clear(); }

  std::uint16_t port() const { return listener_->port(); }
  bool serving() const { return listener_ != nullptr && !stalled_; }
  std::size_t connections() const { return clients_.size(); }
  std::size_t subscribers(std::string_view channel) const;
  SimRedisStore& store() { return store_; }
  const Counts& counts() const { return counts_; }

 private:
  friend class SimRedisClient;
  using Words = std::vector<std::string>;

  void listen();
  void forget(SimRedisClient& client);
  void cut_everything();

  // Commands answer by appending RESP to `out` (sim_redis_commands.cpp).
  void execute(SimRedisClient& client, const Words& words, std::string& out);
  void greet(SimRedisClient& client, const Words& words, std::string& out);
  void on_data(const Words& words, std::string& out);
  bool on_fields(const Words& words, std::string& out);
  void subscribe(SimRedisClient& client, const Words& words, std::string& out);
  void publish(const Words& words, std::string& out);
  void script(const Words& words, std::string& out);
  void evaluate(const Words& words, std::string& out);
  std::string info() const;

  net::Network& network_;
  net::Loop& loop_;
  net::Endpoint endpoint_;
  const Options options_;
  Counts counts_;
  SimRedisStore store_;
  std::set<std::string, std::less<>> scripts_;  // known by hash
  std::string run_id_;                          // its replication id, too: both change together here
  std::string role_ = "master";
  std::string maxmemory_policy_;  // empty: no bound
  bool loading_ = false, refuses_scripts_ = false, refuses_writes_ = false, forbids_info_ = false;
  bool stalled_ = false;
  std::string refusal_;
  Loses loses_;
  std::function<void()> watcher_;
  std::vector<std::unique_ptr<SimRedisClient>> clients_;
  std::unique_ptr<net::Listener> listener_;
  std::shared_ptr<SimRedis*> self_;
};

}  // namespace sim
