// AddressCounts: how many connections each address has, over all serving loops, and what it may still publish by HTTP,
// where a connection is too cheap to be bounded alone. A table of a fixed size, so that no
// number of addresses costs memory: addresses that fall on the same place are counted together, which is rare (a place
// is one of 65,536, drawn anew at each start) and harms nobody but those two.
//
// Threads: any; a place is one atomic number. A session keeps its place, 4 bytes, until it leaves.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "api/allowance.hpp"

namespace api {

class AddressCounts {
 public:
  using Place = std::uint32_t;  // from 1; 0: not counted

  // `seed`: random, so that nobody can choose whom he shares a place with.
  explicit AddressCounts(std::uint64_t seed) : seed_(seed), counts_(places), allowances_(places) {}

  // A connection of this block of addresses (net::Accepted::block); an empty one is not counted.
  Place enter(std::string_view block) {
    if (block.empty()) return 0;
    const Place place = 1 + static_cast<Place>(hash(block) % places);
    counts_[place - 1].fetch_add(1, std::memory_order_relaxed);
    return place;
  }
  void leave(Place place) {
    if (place != 0) counts_[place - 1].fetch_sub(1, std::memory_order_relaxed);
  }
  // One more publication, as of Allowance::take().
  bool take(Place place, net::Instant now, net::Duration cost, net::Duration credit) {
    std::atomic<Allowance>& allowance = allowances_[place - 1];
    Allowance before = allowance.load(std::memory_order_relaxed);
    for (;;) {
      Allowance after = before;
      if (!after.take(now, cost, credit)) return false;
      if (allowance.compare_exchange_weak(before, after, std::memory_order_relaxed)) return true;
    }
  }
  std::uint32_t count(Place place) const { return place == 0 ? 0 : counts_[place - 1].load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t places = 1 << 16;

  // A block is 4 or 8 bytes; what counts is that its place cannot be foreseen (SplitMix64's finish, seeded).
  std::uint64_t hash(std::string_view block) const {
    std::uint64_t bits = seed_;
    for (const char byte : block) {
      bits = (bits ^ static_cast<unsigned char>(byte)) * 0xbf58476d1ce4e5b9U;
      bits ^= bits >> 29;
    }
    bits *= 0x94d049bb133111ebU;
    return bits ^ bits >> 32;
  }

  const std::uint64_t seed_;
  std::vector<std::atomic<std::uint32_t>> counts_;
  std::vector<std::atomic<Allowance>> allowances_;
};

}  // namespace api
