// EngineLink: the Docker Engine of this instance, however often it comes and goes, and the feeds that read it. The
// feeds are made when the Engine has said for the first time who it is, since leases, bus channels and positions carry
// that. Thread: the control loop.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "docker/client.hpp"
#include "docker/events.hpp"
#include "feeds/feeds.hpp"
#include "net/task.hpp"

namespace app {

class EngineLink final : private docker::EventWatch::Listener {
 public:
  // Makes the feeds, once, and tells whoever asks them. Null: it is fed elsewhere, or is not who it should be.
  using MakeFeeds = std::function<std::unique_ptr<feeds::Feeds>(const std::string& engine_id)>;

  EngineLink(docker::Client& engine, MakeFeeds make_feeds);

  bool answers() const { return watch_.up(); }
  bool down() const { return watch_.down(); }
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

  docker::Client& engine_;
  MakeFeeds make_feeds_;
  bool answered_ = false;
  std::unique_ptr<feeds::Feeds> feeds_;
  std::deque<docker::Event> early_;  // what the Engine told before there were feeds
  net::Job introduction_;
  docker::EventWatch watch_;  // last: it calls from its constructor
};

}  // namespace app
