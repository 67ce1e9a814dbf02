// Channels: who on this instance listens to which channel, and whether its subscription stands. What MemoryBus and
// RedisBus have in common; it asks its bus upward what to subscribe to. Thread: its loop's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bus/bus.hpp"
#include "net/loop.hpp"

namespace bus {

class Channels {
 public:
  class Source {
   public:
    virtual ~Source() = default;
    virtual void on_wanted(const std::string& channel) = 0;    // answered by stands(), not inside
    virtual void on_unwanted(const std::string& channel) = 0;  // nobody listens any more
  };

  Channels(net::Loop& loop, Source& source);
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;
  ~Channels();

  std::unique_ptr<Following> add(std::string_view channel, Listener& listener);
  bool standing(std::string_view channel) const;
  std::size_t followers(std::string_view channel) const;  // of all its listeners

  void stands(std::string_view channel);
  void deliver(std::string_view channel, std::string_view frame);
  void lost(std::string_view channel);

 private:
  class Ear;
  struct Channel {
    std::string name;
    bool standing = false;
    int busy = 0;            // calls to its listeners on the stack: ears are only blanked then
    std::vector<Ear*> ears;  // nullptr: gone in the middle of a call
  };

  Channel* find(std::string_view name) const;
  template <class Call>
  void for_each(Channel& channel, Call call);
  void remove(Ear& ear);
  void sweep(Channel& channel);

  net::Loop& loop_;
  Source& source_;
  std::map<std::string, std::unique_ptr<Channel>, std::less<>> channels_;
  std::shared_ptr<Channels*> self_;
};

// For a frame over frame_bytes_max.
base::Error too_large(std::size_t frame_bytes);

}  // namespace bus
