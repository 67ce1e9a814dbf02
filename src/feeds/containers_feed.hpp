// ContainersFeed: one Engine's part of the channel `containers`: the picture of all its containers, kept while somebody
// follows the channel. Events say what to look at anew; after every interruption and once a minute everything is listed
// and compared, since an Engine forgets events. Changes of one moment are told as one.
//
// Owner and thread: Feeds, control loop. Bounds: what the Engine lists; one question to it at a time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "docker/client.hpp"
#include "feeds/all_containers.hpp"
#include "net/signal.hpp"

namespace feeds {

class ContainersFeed {
 public:
  // A container that was there is not there any more.
  using OnRemoved = base::Callback<void(const std::string& container)>;
  ContainersFeed(docker::Client& engine, AllContainers& all, std::string engine_id, OnRemoved on_removed);
  ~ContainersFeed() { channel_.remove(*this); }
  ContainersFeed(const ContainersFeed&) = delete;

  using Picture = std::map<std::string, docker::Container>;  // by id
  const std::string& engine_id() const { return engine_id_; }
  bool known() const { return known_; }
  const Picture& picture() const { return picture_; }
  // Nobody follows any more.
  void forget();

  void on_event(const docker::Event& event);
  void on_resync();

 private:
  net::Task<void> run();
  net::Task<bool> look_at_all();
  net::Task<bool> look_at_some();
  void compare(const std::set<std::string>& looked_at, Picture found);
  void tell_change(std::string_view change, const docker::Container& container);

  docker::Client& engine_;
  net::Loop& loop_;
  const std::string engine_id_;
  OnRemoved on_removed_;
  AllContainers& channel_;
  Picture picture_;
  bool known_ = false;              // the picture is one
  bool all_ = false;                // everything is to be looked at
  std::set<std::string> some_;      // or these
  std::set<std::string> settling_;  // had events a moment ago
  net::Timer settle_;
  net::Signal changed_;
  net::Job job_;
};

}  // namespace feeds
