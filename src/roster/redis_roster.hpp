// RedisRoster: what each instance tells of itself as hashes with a TTL, which the others read when they are asked:
//
//   dockcast:instances        sorted set: ids by the time of their last sign of life (appear.lua)
//   dockcast:instance:{id}    hash: label, version, started, engines and counts
//   dockcast:sessions:{id}    hash: a row for each session, by its number there
//   dockcast:channels:{id}    hash: a row for each channel, by its name
//
// Written behind: what changed, at most every `write_every`, in batches of 500 rows (write.lua), each when the one
// before is answered. Where nothing changes, four short commands every `renew_every`. What Redis has lost is written
// anew. Read in pieces, over a connection that leases do not wait behind; who asks while a view is being read shares
// it. Bounds: a view's own (view.hpp), and `read_max` for one. Thread: its network's loop.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "net/signal.hpp"
#include "redis/client.hpp"
#include "roster/roster.hpp"

namespace roster {

class RedisRoster final : public Roster {
 public:
  struct Settings {
    std::string prefix = "dockcast:";
    net::Duration ttl = std::chrono::seconds(15);
    net::Duration renew_every = std::chrono::seconds(5);
    net::Duration write_every = std::chrono::seconds(1);
    net::Duration read_max = std::chrono::seconds(3);
  };

  RedisRoster(net::Network& network, redis::Address address, Own own, Settings settings);

  void look(Kind kind, OnView on_view) override;
  void leave(net::Callback done) override;

 private:
  using Done = base::Result<void>;
  struct Namesake {
    std::string appeared;
    bool warned = false;
  };

  net::Task<void> keep_up();
  net::Task<Done> write(bool renew);
  net::Task<Done> write_all(Journal& journal, std::string key);
  net::Task<Done> appear();
  void warn_of(const redis::Reply& namesakes);
  net::Task<void> depart(net::Callback done);

  net::Task<void> read(Kind kind);
  net::Task<View> own_view(Kind kind);
  net::Task<Done> read_others(Kind kind, View& view);
  net::Task<base::Result<std::map<std::string, Rows>>> read_instances();
  net::Task<base::Result<Rows>> read_rows(std::string key, std::size_t rows_max);

  std::string key(std::string_view kind, const std::string& id) const;
  std::string index() const { return settings_.prefix + "instances"; }

  net::Loop& loop_;
  const Settings settings_;
  net::Instant due_{};                         // when it is to show next that it lives
  std::map<std::string, Namesake> namesakes_;  // by id
  std::array<std::vector<OnView>, kinds> asking_;
  redis::Client client_;
  net::Jobs reads_;
  net::Job writing_;
};

}  // namespace roster
