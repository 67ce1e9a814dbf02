// LogFeeds: every container log that somebody follows on this instance: one feed each, and the histories of followers
// who have just come or fell behind. Thread: the control loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "docker/client.hpp"
#include "feeds/bus_budget.hpp"
#include "feeds/follow.hpp"
#include "feeds/log_download.hpp"
#include "feeds/log_pages.hpp"
#include "feeds/lone_reading.hpp"
#include "feeds/loss_counts.hpp"
#include "net/gate.hpp"

namespace bus {
class Bus;
}
namespace lease {
class Lease;
}

namespace feeds {

struct Settings {
  net::Duration lease_ttl = std::chrono::seconds(10);
  net::Duration linger = std::chrono::seconds(30);  // of an owner without followers
  std::size_t history_reads = 8;                    // at once, of one Engine
  std::size_t downloads = 64;                       // at once; the others wait
  BusBudget::Settings bus;
  LoneReading::Settings lone;
};

// Counted since the start; read on the control loop.
struct LogCounts {
  std::uint64_t bus_version = 0, bus_malformed = 0;  // frames that could not be used
  std::uint64_t shared_reads = 0;                    // stretches of a log for whom another's read of Docker served
  LossCounts losses;
};

class LogFeeds final : public hub::Demand {
 public:
  struct Parts {
    net::Loop& loop;
    docker::Client& engine;
    bus::Bus& bus;
    lease::Lease& lease;
    hub::Hub& hub;
    std::vector<Followers*> followers;  // by serving loop
  };
  LogFeeds(Parts parts, Settings settings, std::string engine_id);
  ~LogFeeds() override;

  // Answers through Followers. A second follow of the same name replaces the first one's options.
  void follow(Follow follow);
  void unfollow(const hub::Follower& follower);

  // Answers through its Downloads. Whoever leaves before the last word says so.
  void download(Download asked);
  void end_download(const hub::Follower& asker);
  // Answers on the control loop, in any order.
  void page(PageAsked asked, OnPage on_page);

  // Docker says that the container was started, stopped or removed.
  void on_container_event(const std::string& id);
  // Docker may have said it of any of them, unheard.
  void on_resync();
  // Gives every lease away and stops reading; `done` is called once that is so, or after a second.
  void drain(std::function<void()> done);
  // Gives away what others follow, now and from now on; reads on for its own followers what nobody else does.
  void yield();

  // Whether Redis' loss was told to followers; called when that changes, now if it is so.
  void on_degraded(std::function<void(bool)> observer);
  // Every channel that lives: its name, how many follow it here, and whether it is read here.
  void list(const std::function<void(const std::string& name, std::size_t followers, bool owning)>& each) const;

  // Somebody waits for a download or a page.
  bool asked() const;

  struct Facts {
    std::size_t channels = 0, followers = 0;
    std::size_t owning = 0, relaying = 0, pulling = 0, degraded = 0;  // those of them that have begun
  };
  Facts facts() const;
  const LogCounts& counts() const;

 private:
  struct State;
  void on_behind(const hub::Follower& follower, const hub::Joint& joint) override;
  void on_drained(const hub::Follower& follower, std::size_t bytes) override;

  std::unique_ptr<State> state_;
};

}  // namespace feeds
