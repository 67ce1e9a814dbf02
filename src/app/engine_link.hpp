// EngineLink: one Docker Engine of this instance, however often it comes and goes, its events, and the feeds that it
// feeds. They are made when the Engine has said for the first time who it is, since leases, bus channels and positions
// carry that. Thread: the control loop.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "docker/client.hpp"
#include "docker/events.hpp"
#include "feeds/engine_events.hpp"
#include "feeds/feeds.hpp"
#include "net/signal.hpp"

namespace app {

class EngineLink final : private docker::EventWatch::Listener {
 public:
  struct Parts {
    docker::Client& engine;
    bus::Bus& bus;
    lease::Lease& lease;
    net::Duration lease_ttl;
  };
  // Whether it is to be fed from here, asked once. False: it is fed elsewhere, or is not who it should be.
  using Welcome = std::function<bool(const std::string& engine_id)>;
  // Makes the feeds, once, and tells whoever asks them.
  using MakeFeeds =
      std::function<std::unique_ptr<feeds::Feeds>(const std::string& engine_id, feeds::EngineEvents& events)>;

  EngineLink(Parts parts, Welcome welcome, MakeFeeds make_feeds);

  bool answers() const { return events_ && events_->answers(); }
  bool down() const { return down_; }             // as far as is known
  bool answered() const { return answered_; }     // ever
  feeds::Feeds* feeds() { return feeds_.get(); }  // null: the Engine has not said yet who it is
  const feeds::Feeds* feeds() const { return feeds_.get(); }

 private:
  void on_event(const docker::Event& event) override;
  void on_resync() override;
  void on_missed() override;
  void on_up() override;
  void on_down(const base::Error& why) override;
  net::Task<void> introduce();
  net::Task<docker::EngineIdentity> meet();
  net::Task<void> hear_the_past();

  const Parts parts_;
  Welcome welcome_;
  MakeFeeds make_feeds_;
  bool down_ = false;
  bool answered_ = false;
  std::deque<docker::Event> early_;  // what the Engine told before there were feeds
  bool begun_ = false;               // whoever reads its events has them from there on
  net::Signal changed_;
  std::optional<feeds::EngineEvents> events_;
  std::unique_ptr<feeds::Feeds> feeds_;
  net::Job introduction_;
};

}  // namespace app
