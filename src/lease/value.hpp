// What a lease holds: "<holder>|<epoch>.<counter>|<beat>". The scripts write it (take.lua); here are the words around
// it.
#pragma once

#include "lease/lease.hpp"

namespace lease {

inline std::string to_string(Fence fence) { return std::to_string(fence.epoch) + "." + std::to_string(fence.counter); }

// What the value begins with while the lease is ours.
inline std::string owned_by(const std::string& holder, Fence fence) { return holder + "|" + to_string(fence) + "|"; }

// The epoch of a data set that begins now: later ones are greater.
inline std::uint64_t epoch_of(net::WallTime now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
}

}  // namespace lease
