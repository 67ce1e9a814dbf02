// ConnectionKeys: tells a platform of another kind (DOCKCAST_COMPAT) who is connected here, where its own instances
// tell it and its back-ends look for it: a hash with a TTL for each channel that a session follows,
//
//   ws:connection:{channel}:{id}    instance_id, channel, connected_at (Unix seconds)
//
// `id` is 32 hexadecimal digits: this process' 64 bits and the session's number.
//
// Written behind, over a connection of its own: what changed, at most every `write_every`, in batches, each when the
// one before is answered; all of them anew every `renew_every`, when Redis comes back, and when the first of them has
// vanished (it was flushed); more and more seldom where Redis refuses it. Who dies is seen until its TTL is over.
// Bounds: a name for each subscription of each session, and gone_max of those that are gone while Redis does not hear
// it. Thread: its network's loop.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "redis/client.hpp"
#include "roster/census.hpp"
#include "roster/journal.hpp"

namespace roster {

class ConnectionKeys {
 public:
  static constexpr std::size_t gone_max = 10'000;

  struct Settings {
    net::Duration ttl = std::chrono::seconds(300);
    net::Duration renew_every = std::chrono::seconds(60);
    net::Duration look_every = std::chrono::seconds(5);
    net::Duration write_every = std::chrono::seconds(1);
  };
  // `process`: this process' alone, `label`, "-" and 16 hexadecimal digits.
  ConnectionKeys(net::Network& network, redis::Address address, const std::string& process, std::string label,
                 Settings settings);

  void tell(const SessionNews& news);
  // Takes all of them away: nothing is told from now on. `done` comes in any case, within seconds.
  void leave(net::Callback done);

 private:
  struct Connection {
    std::string connected_at;
    std::vector<std::string> channels;
  };
  // What Redis lacks, by key; a row is `connected_at`.
  struct Keys final : Journal {
    void refill() override;
    void tell(std::uint64_t number, Connection now);
    std::string key(const std::string& channel, std::uint64_t number) const;
    void remove(std::string key);

    std::string process;  // its 16 digits
    std::map<std::uint64_t, Connection> connections;
    std::set<std::string> gone;  // Redis has not confirmed that they are
  };

  net::Task<void> keep_up();
  net::Task<void> look();
  net::Task<bool> write(net::Instant until);
  net::Task<void> depart(net::Callback done);
  std::vector<std::string> written(std::string key, std::string connected_at) const;

  net::Loop& loop_;
  const std::string label_;
  const Settings settings_;
  Keys keys_;
  net::Instant renew_at_{}, look_at_{};
  redis::Client client_;
  net::Job writing_;
};

}  // namespace roster
