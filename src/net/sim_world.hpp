// SimWorld: the simulated net: virtual time, hosts, and everything that happens, in one thread and from one seed.
//
//   SimWorld ─┬─ SimHost "a" ─┬─ SimLoop ── SimNetwork, SimSockets      made by the test as AsioLoop's would be
//             │               └─ SimLoop …
//             ├─ SimHost "b" …
//             └─ SimKernel: connections, doors and links between them
//
// A host is a process: it is paused and killed as one, and has a wall clock of its own. What happens is a queue of
// events ordered by (time, order of their making); the same seed and the same calls give the same trace(), to the bit.
// Time passes only between events. One world per thread at a time; it outlives whatever lives in it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/loop.hpp"
#include "net/random.hpp"
#include "net/sim_faults.hpp"
#include "net/timer_queue.hpp"

namespace net {

class SimHost;
class SimKernel;

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed, SimFaults faults = {});
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  // Made when first named. Hosts of one machine reach each other by localhost and by unix sockets; one that is not
  // given is the host's own, and called like it.
  SimHost& host(const std::string& name, const std::string& machine = "");

  std::string machine_of(const std::string& name) const;  // of a host; other names are machines

  // The next event; false when nothing is left that could happen.
  bool step();
  // Until `done`, which is asked after every event; says whether it came to that before `limit` passed.
  bool run_until(const std::function<bool()>& done, Duration limit);
  void run_for(Duration duration);
  Instant now() const { return now_; }

  // Faults on command. A cut resets (or ends) every connection between the two; a lost direction swallows what is sent
  // until it is healed, while the connections look open; a stall delays both directions. `link` is one direction.
  void cut(const SimHost& a, const SimHost& b);
  void stall(const SimHost& a, const SimHost& b, Duration duration);
  void lose(const SimHost& from, const SimHost& to);
  void heal(const SimHost& from, const SimHost& to);
  void heal_all();
  void spare_all();  // no connection is cut any more that was to be
  void set_link(const SimHost& from, const SimHost& to, SimLink link);

  SimFaults& faults() { return faults_; }
  SimCounts& counts() { return counts_; }
  Random& random() { return random_; }
  std::uint64_t seed() const { return seed_; }
  std::uint64_t trace() const { return trace_; }  // a hash of everything that happened

  // For the parts of the simulated net, and for what a test wants to happen later (host null: nobody's, never paused).
  std::uint64_t schedule(SimHost* host, Duration delay, Callback call);
  void unschedule(std::uint64_t id);
  void note(std::uint64_t what);  // into the trace
  SimKernel& kernel() { return *kernel_; }
  static SimWorld* current();  // of this thread

 private:
  friend class SimHost;
  struct Event {
    SimHost* host = nullptr;
    Callback call;
  };
  void drop_events_of(const SimHost& host);

  const std::uint64_t seed_;
  SimFaults faults_;
  SimCounts counts_;
  Random random_;
  Random secrets_;
  std::uint64_t trace_ = 0;
  Instant now_{};
  std::uint64_t at_once_ = 0;  // events since time last passed
  TimerQueue<Event> events_;
  std::map<std::string, std::unique_ptr<SimHost>> hosts_;
  std::unique_ptr<SimKernel> kernel_;
};

}  // namespace net
