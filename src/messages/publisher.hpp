// Publisher: whoever publishes on application channels asks here. It asks the Store until it knows what became of the
// message, and tells listeners where a channel's end is once it went quiet: the last message may be lost on the bus;
// and so may that tip, which is said again where nobody confirmed it. Thread: its loop's. Store and Bus outlive it; it
// outlives its tasks.
//
// Bounds: so many publications on their way (then `unavailable`), each answered within a time (then `unknown_outcome`);
// so many channels that wait for their tip, above which the longest waiting one is told early.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "bus/bus.hpp"
#include "messages/store.hpp"

namespace messages {

class Publisher {
 public:
  struct Bounds {
    std::size_t under_way_max = 1000;
    std::size_t tips_max = 10'000;
    net::Duration answer_max = std::chrono::seconds(5);
  };
  Publisher(net::Loop& loop, Store& store, bus::Bus& bus) : Publisher(loop, store, bus, Bounds{}) {}
  Publisher(net::Loop& loop, Store& store, bus::Bus& bus, Bounds bounds);

  // `once`, `once_for` and `call` are filled in here. Errors: `unavailable` and all others, not stored;
  // `unknown_outcome`, asked again with the same message_id it says which.
  net::Task<base::Result<Published>> publish(Publication publication);

  std::size_t under_way() const { return under_way_; }

 private:
  struct Quiet {  // since its last publication
    std::string channel;
    Position end;
    net::Instant due;
    int told = 0;  // times, of which none was confirmed
  };
  using Channels = std::list<Quiet>;  // the one that is due last at the end

  net::Task<base::Result<Published>> ask(Publication publication);
  void note(const std::string& channel, const Position& position, int told = 0);
  void tell_first();
  void wait();

  net::Loop& loop_;
  Store& store_;
  bus::Bus& bus_;
  const Bounds bounds_;
  std::size_t under_way_ = 0;
  Channels quiet_;
  std::map<std::string, Channels::iterator, std::less<>> by_name_;
  net::Timer timer_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace messages
