// Engines: the Docker Engines whose containers this instance serves: its own, and those that other instances reach.
// What is asked goes to all that answer, at once, each with a deadline of its own; who does not answer is left out, and
// named. A container whose Engine is known is asked for there alone.
//
// Thread: the control loop. Bounds: as many Engines as were added; homes_max containers whose Engine is remembered.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/control.hpp"
#include "feeds/feeds.hpp"

namespace api {

// Of one that has no feeds yet.
base::Error no_engine_yet();

class Engines {
 public:
  static constexpr std::size_t homes_max = 16 * 1024;

  struct Engine {
    std::string id;  // empty: it has not said yet who it is
    docker::Client* client = nullptr;
    feeds::Feeds* feeds = nullptr;  // null: for the same time
    std::function<bool()> answers;  // it is not known that it does not
  };
  explicit Engines(net::Loop& loop) : loop_(loop) {}

  // Whether it is known which Engines there are; while it is not, nobody is told that there is no such container. Nor
  // while some are spoken of that nobody has met here: `unmet`, by id.
  void set_known(std::function<bool()> known, std::function<std::vector<std::string>()> unmet) {
    alone_ = false;
    known_ = std::move(known);
    unmet_ = std::move(unmet);
  }
  // One that was added without an id is replaced by the next that has the same client.
  void add(Engine engine);
  void remove(const docker::Client& client);
  // Nobody waits for an answer of any.
  bool idle() const { return asking_ == 0; }
  const std::vector<Engine>& all() const { return all_; }

  struct Found {
    Engine at;
    docker::Resolved what;
  };
  // By full id, name or unique prefix, in this order, over all. Never several: Fault::ambiguous, and `candidates` has
  // them. Fault::unavailable where none has it, and not all have answered.
  net::Task<base::Result<Found>> find(std::string who, std::vector<docker::Candidate>& candidates);
  // Fails only where all do.
  net::Task<base::Result<Containers>> list(docker::ListQuery query);
  // Of the container of that full id, as far as is known without asking; null where it is not.
  const Engine* home_of(const std::string& container) const;
  // By engine_key(); null where there is none.
  const Engine* of_key(std::uint64_t key) const;
  // It is none of these, and this instance has not been there for long enough to hear of all: a position that names it
  // is better knowledge than ours.
  bool may_be(std::uint64_t key) const;

 private:
  std::vector<Engine> to_ask() const;
  bool only_one() const;
  std::string missing(const std::vector<Engine>& asked) const;
  void remember(const std::string& container, const std::string& engine);

  net::Loop& loop_;
  const net::Instant begun_ = loop_.now();
  bool alone_ = true;  // nobody else is to be heard
  std::vector<Engine> all_;
  std::function<bool()> known_ = [] { return true; };
  std::function<std::vector<std::string>()> unmet_ = [] { return std::vector<std::string>(); };
  std::map<std::string, std::string> homes_;  // container → Engine, by id
  std::size_t asking_ = 0;
};

}  // namespace api
