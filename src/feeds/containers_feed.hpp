// ContainersFeed: one Engine's part of the channel `containers`: the picture of all its containers, kept while somebody
// follows the channel. Events say what to look at anew; after every interruption and once a minute everything is listed
// and compared, since an Engine forgets events. Changes of one moment are told as one.
//
// Who reads the Engine's events (engine_events.hpp) looks, also where the picture is followed at other instances only,
// and sends them what changes, and the whole when they ask and after each reconciliation. The others ask nobody else.
//
// Owner and thread: Feeds, control loop. Bounds: what the Engine lists; one question to it at a time. Over the bus the
// whole goes in pieces of 128 KiB, eight in a second, once for all who want it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "docker/client.hpp"
#include "feeds/all_containers.hpp"
#include "feeds/engine_events.hpp"
#include "net/signal.hpp"

namespace feeds {

class ContainersFeed final : private EngineEvents::Picture {
 public:
  // A container that was there is not there any more.
  using OnRemoved = base::Callback<void(const std::string& container)>;
  // All that there are, after find_the_gone().
  using OnThere = base::Callback<void(const std::set<std::string>& there)>;
  ContainersFeed(docker::Client& engine, EngineEvents& events, AllContainers& all, std::string engine_id);
  ~ContainersFeed() override;
  ContainersFeed(const ContainersFeed&) = delete;

  void on_removed(OnRemoved on_removed) { on_removed_ = std::move(on_removed); }
  void on_there(OnThere on_there) { on_there_ = std::move(on_there); }

  using List = std::map<std::string, docker::Container>;  // by id
  const std::string& engine_id() const { return engine_id_; }
  bool known() const { return known_; }
  const List& picture() const { return picture_; }
  // Nobody follows the channel any more.
  void on_unfollowed();

  void on_event(const docker::Event& event);
  void on_resync();
  // Where another reads: asks it for all that there are.
  void find_the_gone();

 private:
  void on_turn(bool reads) override;
  void on_wish(bool whole) override;
  void on_picture(EngineNews news) override;
  void on_hole() override;

  bool wanted() const { return channel_.followed() || others_; }
  void forget();
  net::Task<void> run();
  net::Task<bool> look_at_all();
  net::Task<bool> look_at_some();
  net::Task<void> send_whole();
  void replace(List now);
  void compare(const std::set<std::string>& looked_at, List found);
  void tell_change(std::string_view change, const docker::Container& container);

  docker::Client& engine_;
  EngineEvents& events_;
  net::Loop& loop_;
  const std::string engine_id_;
  OnRemoved on_removed_;
  OnThere on_there_;
  AllContainers& channel_;
  List picture_;
  bool known_ = false;              // the picture is one
  bool all_ = false;                // everything is to be looked at
  std::set<std::string> some_;      // or these
  std::set<std::string> settling_;  // had events a moment ago
  net::Timer settle_;
  bool others_ = false;  // we look, and others follow it; until
  net::Timer others_end_;
  bool send_ = false;       // and lack the whole
  bool find_gone_ = false;  // another looks, and we lack the whole for a moment
  bool coming_ = false;     // piece by piece
  List pieces_;
  net::Signal changed_;
  net::Job job_;
};

}  // namespace feeds
