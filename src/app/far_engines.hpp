// FarEngines: the Docker Engines that other instances of the cluster reach and this one does not: for each a client
// through the tunnel (tunnel/) and feeds of its own. One that nobody speaks of any more and nobody here uses is
// forgotten.
//
// Owner and thread: Instance, the control loop. Bounds: as many as the Directory knows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/engine_link.hpp"
#include "tunnel/far_network.hpp"

namespace app {

class FarEngines {
 public:
  struct Far {
    docker::Client& client;
    const std::string& id;
    feeds::Feeds* feeds;
    std::function<bool()> answers;  // as far as is known
  };
  struct Parts {
    net::Loop& loop;
    bus::Bus& bus;
    tunnel::Registry& registry;
    lease::Lease& lease;
    net::Duration lease_ttl;
    std::function<std::unique_ptr<feeds::Feeds>(docker::Client& client, const std::string& id,
                                                feeds::EngineEvents& events)>
        make_feeds;
    std::function<void(const Far& far)> on_far;  // it has feeds
    std::function<void()> on_asked;              // another instance wants to know who is there
    // It is about to go; false: not now.
    std::function<bool(const docker::Client& client)> on_forgotten;
  };
  // `name`: this instance's, nobody else's.
  FarEngines(Parts parts, std::string name);

  // Whoever could speak of an Engine has had the time to: seconds after the start, and not before Redis was reached.
  bool known() const { return directory_.settled(); }
  // Those that others speak of and that have not answered here yet, by id.
  std::vector<std::string> unmet() const;
  // This instance reaches that Engine itself, there, from now on. Where it is fed from here already, that goes on; else
  // null.
  const EngineLink* take_over(const std::string& id, net::Network& network, net::Endpoint endpoint);

 private:
  struct Engine {
    Engine(FarEngines& home, const std::string& id_in);

    feeds::Feeds* feeds() { return link ? link->feeds() : nullptr; }

    const std::string id;
    tunnel::FarNetwork network;
    docker::Client client;
    std::optional<EngineLink> link;  // none: it was only spoken of yet
  };
  void on_heard(const std::string& id, bool reached);
  void meet(Engine& engine);
  bool is(const Engine& engine, const std::string& says);
  std::unique_ptr<feeds::Feeds> introduce(Engine& engine, feeds::EngineEvents& events);
  void look();

  const Parts parts_;
  std::string own_;  // the id of the Engine that this instance reaches; empty: not known
  tunnel::Directory directory_;
  tunnel::Asker asker_;
  std::map<std::string, std::unique_ptr<Engine>> engines_;
  net::Timer timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace app
