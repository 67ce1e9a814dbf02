// MemoryStore: the application channels of one process that is a cluster by itself. Its end is theirs: the next process
// has other epochs. Thread: its loop's. The Bus outlives it.
//
// Bounds: bytes of messages over all channels, above which the channel that has most loses its oldest message;
// channels, above which the one that was used longest ago is forgotten (its positions are then unknown: `recreated`);
// answers that are kept for who asks again, above which the one that would end first ends now.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <set>

#include "bus/bus.hpp"
#include "messages/store.hpp"

namespace messages {

class MemoryStore final : public Store {
 public:
  struct Bounds {
    std::size_t bytes_max = 64 << 20;
    std::size_t channels_max = 10'000;
    std::size_t answers_max = 100'000;
  };
  MemoryStore(net::Loop& loop, bus::Bus& bus) : MemoryStore(loop, bus, Bounds{}) {}
  MemoryStore(net::Loop& loop, bus::Bus& bus, Bounds bounds);

  net::Task<base::Result<Published>> publish(Publication publication) override;
  net::Task<base::Result<Page>> read(std::string channel, Range range, Limits limits) override;

  std::size_t channels() const { return channels_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    Message message;
    std::size_t body_bytes;
    net::Instant since;
    std::size_t bytes() const { return body_bytes + sizeof(Kept); }
  };
  struct Channel {
    std::string name;
    Position top;
    std::deque<Kept> kept = {};  // up to top, one offset each
    std::size_t bytes = 0;
    net::Instant until = {};  // then it is forgotten
  };
  using Channels = std::list<Channel>;  // the one used last at the end
  struct Answer {
    Position position;
    std::string call;
    net::Instant until;
  };
  using Answers = std::map<std::string, Answer, std::less<>>;

  Channel* find(const std::string& name, const Limits& limits);
  Channel& make(const std::string& name, const Limits& limits);
  void touch(Channels::iterator channel, const Limits& limits);
  void forget_oldest();
  void drop_oldest(Channel& channel);
  void count(Channel& channel, std::size_t bytes);  // what its messages have from now on
  void remember(std::string key, Answer answer);
  void tidy();

  net::Loop& loop_;
  bus::Bus& bus_;
  const Bounds bounds_;
  std::uint64_t epoch_;  // of channels that are made; another one once a channel was forgotten, since it may come again
  Channels channels_;
  std::map<std::string, Channels::iterator, std::less<>> by_name_;
  std::set<std::pair<std::size_t, std::string>> by_bytes_;
  std::size_t bytes_ = 0;
  Answers answers_;
  std::set<std::pair<net::Instant, std::string>> ends_;  // of the answers
};

}  // namespace messages
