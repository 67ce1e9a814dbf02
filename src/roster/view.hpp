// What a cluster looks like: its instances, their sessions, their channels. Plain values.
//
// Bounds: a view holds so many of each and says that there are `more`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "net/loop.hpp"

namespace roster {

inline constexpr std::size_t instances_max = 1'000;
inline constexpr std::size_t sessions_max = 10'000;
inline constexpr std::size_t channels_max = 10'000;

struct Instance {
  std::string id;     // its process' alone: the label and 64 random bits
  std::string label;  // INSTANCE_ID
  std::string version;
  net::WallTime started{};
  std::vector<std::string> engines;  // the ids of those that it reaches
  std::uint64_t sessions = 0, channels = 0;
  std::uint64_t readers = 0;  // channels that it reads itself
};

struct Session {
  std::string name;
  std::string instance;  // its label
  std::string subject;   // empty: it has not said yet who it is
  std::string address;
  net::WallTime connected{};
  std::uint64_t subscriptions = 0;
};

struct Channel {
  std::uint64_t followers = 0;
  std::string reader;  // the label of an instance that reads it; empty: none does, as far as is known
};

enum class Kind : std::uint8_t { instances, sessions, channels };
inline constexpr std::size_t kinds = 3;

// Instances are always there; sessions and channels where they were asked for.
struct View {
  std::vector<Instance> instances;  // ours first, then by id
  std::vector<Session> sessions;
  std::map<std::string, Channel> channels;  // by name
  bool more = false;
  std::string missing;  // why others may be missing; empty: all are here
};

}  // namespace roster
