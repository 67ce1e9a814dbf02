// Broadcasts: what other back-ends say on the one channel of Redis that they share, `{"channel":"…","payload":{…}}`,
// goes to those who follow that channel here: a plain one, an application channel (where it is kept nowhere), a user or
// a session. What dockcast feeds itself is dropped. Thread: the control loop. Bounds: the bus' own, 4 MiB a message.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/channel.hpp"
#include "base/callback.hpp"
#include "bus/bus.hpp"

namespace api {

struct Broadcast {
  std::string channel;
  std::string payload;  // JSON in one line
};
// Nothing where it is malformed.
std::optional<Broadcast> parse_broadcast(std::string_view text);

class Broadcasts final : private bus::Listener {
 public:
  struct Counts {
    std::uint64_t malformed = 0, foreign = 0;                // dropped
    std::array<std::uint64_t, family_names.size()> heard{};  // all but the malformed, by the family of their channel
  };
  using Say = std::function<void(Family family, const Broadcast& broadcast)>;

  Broadcasts(bus::Bus& bus, Say say) : say_(std::move(say)) { following_ = bus.follow("=websocket:broadcast", *this); }
  Broadcasts(const Broadcasts&) = delete;

  const Counts& counts() const { return counts_; }

 private:
  void on_following() override {}
  void on_frame(std::string_view text) override;
  void on_lost() override {}

  const Say say_;
  Counts counts_;
  std::unique_ptr<bus::Following> following_;
};

}  // namespace api
