// Wire: one end of one stream of bytes through the bus: numbers what it says, so that the other end sees a loss, and
// knows when either has been silent for too long. The bus is at most once: a stream that lost a frame is over.
//
// Owner and thread: FarStream or HostStream, the bus' loop. Not here: what the frames mean.
#pragma once

#include <string>
#include <string_view>

#include "bus/bus.hpp"
#include "net/loop.hpp"
#include "tunnel/frame.hpp"

namespace tunnel {

class Wire {
 public:
  static constexpr net::Duration keep_alive_every = std::chrono::seconds(3);
  static constexpr net::Duration silence_max = std::chrono::seconds(10);
  static constexpr net::Duration first_word_max = std::chrono::seconds(3);

  struct Place {
    net::Loop& loop;
    bus::Bus& bus;
  };
  // `to`: the bus channel of the other end.
  Wire(Place place, std::string to, std::uint64_t stream);

  std::uint64_t stream() const { return stream_; }
  void send(Kind kind, std::string_view payload = {}, bus::Bus::OnPublished on_published = {});
  // How many heard it, once Redis has said so.
  net::Task<base::Result<std::uint64_t>> sent(Kind kind, std::string_view payload);

  // False: a frame before it was lost.
  bool hears(const Frame& frame);
  bool silent() const { return place_.loop.now() - heard_at_ > (next_in_ == 0 ? first_word_max : silence_max); }
  // Says that it is there, where it has not said anything for a while.
  void keep_alive();

 private:
  const Place place_;
  const std::string to_;
  const std::uint64_t stream_;
  std::uint64_t next_out_ = 0, next_in_ = 0;
  net::Instant said_at_, heard_at_;
};

}  // namespace tunnel
