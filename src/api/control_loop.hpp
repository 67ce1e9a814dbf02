// ControlLoop: the Control that is real: Docker is asked and the feeds are told on the control loop, whoever asks.
// Until the feeds are there (the Engine has not answered yet) who wants to follow is refused as `unavailable`.
//
// Threads: what Control says from any serving loop, everything else on the control loop; made before the threads start.
// It and the asking Servers outlive both loops' threads. Bounds: eight questions at a time, the others wait in order;
// one name that many look for at once is asked for once.
#pragma once

#include <map>
#include <vector>

#include "api/control.hpp"
#include "feeds/feeds.hpp"
#include "net/gate.hpp"

namespace api {

class ControlLoop final : public Control, public roster::Census {
 public:
  struct Parts {
    net::Loop& loop;
    docker::Client& engine;
    hub::Hub& hub;
    roster::Roster& roster;
  };
  explicit ControlLoop(Parts parts) : parts_(parts), questions_(parts.loop, 8, 1000) {}

  // Of each serving loop, in the order in which the Hub counts them.
  void add_server(feeds::Followers& followers, roster::Census& census) {
    followers_.push_back(&followers);
    censuses_.push_back(&census);
  }
  // Called on the control loop.
  void set_on_drain(net::Callback on_drain) { on_drain_ = std::move(on_drain); }
  // On the control loop.
  void set_feeds(feeds::Feeds& feeds, std::string engine_id);
  // Tells the cluster which channels there are here.
  void tell_channels();

  void resolve(net::Loop& asker, std::string name, OnResolved on_resolved) override;
  void list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers) override;
  void inspect(net::Loop& asker, std::string name, OnInspected on_inspected) override;
  void look(net::Loop& asker, roster::Kind kind, roster::Roster::OnView on_view) override;
  void tell(std::vector<roster::SessionNews> news) override;
  void download(std::string name, feeds::Download asked) override;
  void end_download(const hub::Follower& asker) override;
  void drain() override;
  void page(net::Loop& asker, feeds::PageAsked asked, feeds::OnPage on_page) override;
  void follow(feeds::Follow follow) override;
  void unfollow(const hub::Follower& follower, net::Callback done) override;
  void on_behind(const hub::Follower& follower, const hub::Joint& joint) override;
  void on_drained(const hub::Follower& follower, std::size_t bytes) override;

  // roster::Census: over all serving loops, on the control loop.
  void take(std::size_t most, OnPart on_part) override;

 private:
  struct Asker {
    net::Loop& loop;
    OnResolved on_resolved;
  };
  net::Task<void> find(std::string name);
  net::Task<base::Result<Containers>> listed(docker::ListQuery query);
  net::Task<void> answer_list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers);
  net::Task<void> answer_inspect(net::Loop& asker, std::string name, OnInspected on_inspected);
  net::Task<base::Result<Inspected>> look_at(std::string name);
  net::Task<void> begin_download(std::string name, feeds::Download asked);

  Parts parts_;
  std::vector<feeds::Followers*> followers_;
  std::vector<roster::Census*> censuses_;
  struct Taking {
    OnPart on_part;
    std::size_t loops;  // that have more to say
  };
  std::map<std::uint64_t, Taking> takings_;
  std::uint64_t taken_ = 0;  // so far
  feeds::Feeds* feeds_ = nullptr;
  std::string engine_id_;
  net::Callback on_drain_;
  std::map<std::string, std::vector<Asker>> wanted_;  // by name
  net::Gate questions_;
  net::Jobs jobs_;
};

}  // namespace api
