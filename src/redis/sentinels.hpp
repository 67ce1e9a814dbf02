// Sentinels: who the master is, asked of the sentinels in turn. One that does not answer in time, knows no such master
// or led nowhere is asked last from then on. Thread: its loop's. Bounds: each has `answer_max`.
#pragma once

#include "redis/address.hpp"

namespace redis {

class Sentinels {
 public:
  static constexpr net::Duration answer_max = std::chrono::seconds(1);

  explicit Sentinels(const Address& address) : address_(address) {}

  bool any() const { return !address_.sentinels.empty(); }
  // Where Redis is now, with the TLS of the address.
  net::Task<base::Result<net::Endpoint>> master(net::Network& network);
  // What was said last led to nobody who serves.
  void doubt();

 private:
  net::Task<base::Result<net::Endpoint>> ask(net::Network& network, net::Endpoint sentinel);

  Address address_;  // its sentinels in the order in which they are asked
};

}  // namespace redis
