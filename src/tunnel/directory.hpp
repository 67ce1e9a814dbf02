// Directory: which Engines other instances reach, as they say every two seconds and whenever somebody asks who is
// there, and through whom to ask one. Who was not heard of for ten seconds is nobody's host. Who has just come learns
// from the others, and from the Registry, which Engines there are that nobody reaches now: their containers cannot be
// asked for, and do exist.
//
// Thread: the bus' loop. Bounds: 63 Engines beside the own one, 64 hosts of each; what is over them is not heard.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/callback.hpp"
#include "bus/bus.hpp"
#include "net/loop.hpp"
#include "tunnel/registry.hpp"
#include "tunnel/wire.hpp"

namespace tunnel {

class Directory final : private bus::Listener {
 public:
  static constexpr std::size_t engines_max = 63, hosts_max = 64;
  static constexpr net::Duration patience = std::chrono::seconds(10);
  static constexpr net::Duration remembered = std::chrono::minutes(10);  // an Engine of which nobody speaks

  // Called from the loop whenever a host is heard (`reached`), and when an Engine is spoken of for the first time.
  using OnEngine = base::Callback<void(const std::string& engine, bool reached)>;
  // The same, whenever another instance wants to know who is there.
  using OnAsked = base::Callback<void()>;
  // `self`: this instance, whose own word does not count.
  Directory(Wire::Place place, Registry& registry, std::string self, OnEngine on_engine, OnAsked on_asked);

  // Whoever is there has had the time to say so, though Redis came back only when we came, and the Registry was read.
  bool settled() const;

  // One of those that reach it; each in turn.
  std::optional<std::string> host_of(const std::string& engine);
  // It did not answer: not asked until it is heard of again.
  void doubt(const std::string& engine, const std::string& host);
  // When it was heard of last, by whomever.
  std::optional<net::Instant> heard(const std::string& engine) const;
  // Nobody spoke of it for `remembered`, in which all could have been heard; where only the Registry had it, for as
  // long as that keeps it.
  bool forgotten(const std::string& engine) const;
  void forget(const std::string& engine) { engines_.erase(engine); }

 private:
  struct Engine {
    std::map<std::string, net::Instant> hosts;  // when they were heard
    net::Instant heard{};
    net::Instant told{};   // to those who asked
    std::string last;      // who was asked last
    bool told_of = false;  // by an instance; else only the Registry has it
  };
  Engine* find_or_add(const std::string& name);
  void answer_soon();
  void answer(net::Instant asked);
  void hear_of(const Frame& frame);
  // Null: there are too many.
  Engine* hear_of(const std::string& name, net::Duration age);
  void on_following() override;
  void on_frame(std::string_view bytes) override;
  void on_lost() override;
  void ask();
  void look_up();
  void read(const Registry::Record& record);

  const Wire::Place place_;
  Registry& registry_;
  const std::string self_;
  OnEngine on_engine_;
  OnAsked on_asked_;
  std::optional<net::Instant> hearing_since_;  // none: nobody is heard now
  std::optional<net::Instant> asked_at_;       // first
  bool looked_up_ = false;
  bool recorded_ = false;  // the Registry had all that there are
  std::map<std::string, Engine> engines_;
  bool asked_ = false;  // by another, and not answered yet
  net::Timer answerer_, asker_, reader_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::unique_ptr<bus::Following> following_;
};

}  // namespace tunnel
