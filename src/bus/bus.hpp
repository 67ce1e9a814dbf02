// Bus: what one instance tells the others, channel by channel. The seam between feeds and Redis pub/sub, and its
// promises are no more than Redis': per channel in order, at most once, to those who follow at that moment. Whoever
// needs every frame chains them and reads its source again where one is missing (ARCHITECTURE.md, idea two).
//
// A channel's name here is what stands between the braces on the wire (`engine/container:logs:id`). One that begins
// with `=` is somebody else's: its whole name on the wire follows (`=websocket:broadcast`).
// Implementations: MemoryBus (memory_bus.hpp, one process), RedisBus (redis_bus.hpp). One contract suite judges both.
// Thread: its loop's. Bounds: a frame has at most frame_bytes_max. Nothing is ever called inside publish() or follow(),
// and nothing after the Following or the Bus is gone; a Bus is not destroyed inside one of its callbacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/callback.hpp"
#include "base/result.hpp"

namespace bus {

inline constexpr std::size_t frame_bytes_max = 4 << 20;

enum class State : std::uint8_t {
  connected,  // publishing and all subscriptions work
  down,       // one of them does not; it is tried again for ever
  embedded,   // one process, no Redis
};

// One followed channel's ear. The order is: on_following, frames, and after an on_lost again on_following.
// It may drop its Following, or any other one, in any of these.
class Listener {
 public:
  virtual ~Listener() = default;
  // The subscription stands, acknowledged: what is published from now on arrives, until on_lost.
  virtual void on_following() = 0;
  virtual void on_frame(std::string_view frame) = 0;  // valid during the call
  virtual void on_lost() = 0;                         // frames may be missing from here to the next on_following
  // Whom it listens for: where many channels were lost at once, those that most follow come back first.
  virtual std::size_t followers() const { return 0; }
};

// Its end unfollows. The Listener outlives it.
class Following {
 public:
  virtual ~Following() = default;
};

// Its end is the end of being told; it may come before or after that of the bus, and within a call.
using Observing = std::shared_ptr<void>;

class Bus {
 public:
  // How many instances follow the channel, this one counted too where it does. An error (`unavailable`, `too_large`,
  // `timed_out`, `closed`) leaves open whether the frame was delivered.
  using OnPublished = base::Callback<void(base::Result<std::uint64_t> receivers)>;

  virtual ~Bus() = default;
  virtual void publish(std::string_view channel, std::string frame, OnPublished on_published) = 0;
  [[nodiscard]] virtual std::unique_ptr<Following> follow(std::string_view channel, Listener& listener) = 0;

  virtual State state() const = 0;
  virtual std::string reason() const { return {}; }  // why it is down
  // Whenever it changes.
  [[nodiscard]] virtual Observing on_state(std::function<void(State)> observer) = 0;
};

}  // namespace bus
