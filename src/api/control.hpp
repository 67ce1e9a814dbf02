// Control: what a Server asks of the control loop, where Docker is asked and channels are fed. A seam: ControlLoop
// (control_loop.hpp) and fakes in tests. Called on a serving loop; never answers inside the call, and answers come on
// the asking loop. The Server is there as long as its loop runs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/effect.hpp"
#include "base/callback.hpp"
#include "docker/client.hpp"
#include "feeds/log_download.hpp"
#include "feeds/log_pages.hpp"
#include "feeds/presence.hpp"
#include "messages/mail.hpp"
#include "messages/store.hpp"
#include "roster/roster.hpp"

namespace api {

struct Containers {
  struct Row {
    std::string engine;  // its id
    docker::Container container;
  };
  std::vector<Row> list;
  std::string missing = {};  // which Engines' are not here, in words; empty: all are
};

struct Inspected {
  std::string engine;  // the Engine's id
  docker::Container container;
  std::string answer;  // the Engine's own to inspect, JSON
};

struct Sought {
  std::string name;                          // or full id, or its beginning
  std::optional<std::uint64_t> engine = {};  // where the asker has read it: its engine_key(), as a position has it
};

// Who is on one serving loop, for what is said to them. Called on that loop.
class Recipients {
 public:
  virtual ~Recipients() = default;
  // How many sessions it reached.
  virtual std::uint64_t deliver(const messages::Letter& letter) = 0;
};

class Control {
 public:
  using OnResolved = base::Callback<void(const Resolution&)>;
  using OnContainers = base::Callback<void(const base::Result<Containers>&)>;
  using OnInspected = base::Callback<void(const base::Result<Inspected>&)>;
  using OnPublished = base::Callback<void(const base::Result<messages::Published>&)>;
  using OnPresence = base::Callback<void(const base::Result<feeds::Presence>&)>;
  using OnReached = base::Callback<void(const base::Result<std::uint64_t>& sessions)>;
  using OnMessages = base::Callback<void(const base::Result<messages::Page>&)>;

  virtual ~Control() = default;
  virtual void resolve(net::Loop& asker, Sought sought, OnResolved on_resolved) = 0;
  virtual void list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers) = 0;
  // By full id, unique prefix or name.
  virtual void inspect(net::Loop& asker, std::string name, OnInspected on_inspected) = 0;

  // The cluster as it is, as far as the question goes.
  virtual void look(net::Loop& asker, roster::Kind kind, roster::Roster::OnView on_view) = 0;
  // What became of sessions of this loop, in order.
  virtual void tell(std::vector<roster::SessionNews> news) = 0;

  // Of the container of that full id, unique prefix or name. Answered through its feeds::Downloads; who leaves before
  // the last word says so.
  virtual void download(std::string name, feeds::Download asked) = 0;
  virtual void end_download(const hub::Follower& asker) = 0;

  // The instance is to go, but for its exit.
  virtual void drain() = 0;

  virtual void page(net::Loop& asker, feeds::PageAsked asked, feeds::OnPage on_page) = 0;

  // Application channels: by their whole name.
  virtual void publish(net::Loop& asker, messages::Publication publication, OnPublished on_published) = 0;
  virtual void read_messages(net::Loop& asker, std::string channel, messages::Range range, OnMessages on_page) = 0;

  virtual void presence(net::Loop& asker, std::string channel, OnPresence on_presence) = 0;

  // To a session or to all of a subject, wherever they are.
  virtual void send(net::Loop& asker, messages::Letter letter, OnReached on_reached) = 0;

  // Answered through feeds::Followers.
  virtual void follow(feeds::Follow follow) = 0;
  // `done` comes behind the last message of the follower.
  virtual void unfollow(const hub::Follower& follower, net::Callback done) = 0;
  // What the fan-out observes.
  virtual void on_behind(const hub::Follower& follower, const hub::Joint& joint) = 0;
  virtual void on_drained(const hub::Follower& follower, std::size_t bytes) = 0;
};

}  // namespace api
