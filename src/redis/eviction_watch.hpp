// EvictionWatch: warns where Redis may evict keys of ours, so that leases vanish: once for each server and for each
// change there, not for each connection. It asks once a minute, unless INFO is forbidden. Thread: its Client's loop;
// both end together.
#pragma once

#include <string>

#include "redis/client.hpp"

namespace redis {

// The policy by which it may evict; empty where it does not. Pure.
std::string eviction_risk(std::string_view info);

class EvictionWatch {
 public:
  EvictionWatch(net::Loop& loop, Client& client);
  std::uint64_t warnings() const { return warnings_; }

 private:
  void look();
  void judge(std::string_view info);

  net::Loop& loop_;
  Client& client_;
  std::string known_;  // which server, and what was said of it
  std::uint64_t warnings_ = 0;
  net::Timer next_;
};

}  // namespace redis
