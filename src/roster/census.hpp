// Census: who knows the sessions that are here, and says all of them when asked. A seam: api's Servers know those of
// their loops, its ControlLoop asks them all; the roster keeps none. Answers on the loop that it is asked on, never
// inside the call, and not at all once it is gone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "net/loop.hpp"

namespace roster {

// What becomes of a session.
struct SessionNews {
  enum class What : std::uint8_t { opened, changed, closed } what;
  std::uint64_t number = 0;  // on this instance
  // As it is now; nothing of one that is closed.
  std::string subject = {};  // empty: it has not said yet who it is
  std::uint64_t subscriptions = 0;
  std::string address = {};
  net::WallTime connected{};
  std::vector<std::string> channels = {};  // that it follows, where a ConnectionKeys wants to know
};

class Census {
 public:
  virtual ~Census() = default;

  // In parts, each as its sessions are when it is told (as `changed`), and in order with the news of them.
  using OnPart = base::Callback<void(const std::vector<SessionNews>& part, bool last)>;
  // `most`: of each serving loop.
  virtual void take(std::size_t most, OnPart on_part) = 0;
};

}  // namespace roster
