// BusBudget: what this instance may send over the bus, all its channels together and each of them. A subscriber that
// does not keep up is cut by Redis with everything else that it hears, so a channel that would be too much for it is
// not published: its owner says so in its tips (`pull`), and whoever has followers reads Docker itself.
//
// A rate is what was sent lately, the last second counting most, so a burst may have a second's worth. A channel is
// over its budget when its own rate is; or when the instance's is, and the channel has more than an even part of it. It
// comes back when it has not been over for `calm`: what it would have sent is counted all the while. Pure; thread: one
// loop's. The budget outlives its shares.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/loop.hpp"

namespace feeds {

class BusBudget {
 public:
  struct Settings {
    std::uint64_t channel_bytes_s = 2 << 20;
    std::uint64_t instance_bytes_s = 20 << 20;
    net::Duration calm = std::chrono::seconds(10);
  };
  explicit BusBudget(const Settings& settings) : settings_(settings) {}

  class Share;

 private:
  // Bytes a second: a sum that decays by e in a second. The sum of several is the rate of all.
  class Rate {
   public:
    void decay(net::Instant now);
    void add(double bytes) { bytes_s_ += bytes; }
    void take_out(Rate part);
    double bytes_s() const { return bytes_s_; }

   private:
    double bytes_s_ = 0;
    net::Instant at_{};
  };

  const Settings settings_;
  Rate rate_;                // of the shares that are not over their budget
  std::size_t sending_ = 0;  // shares that are not over their budget
};

// One channel's.
class BusBudget::Share {
 public:
  explicit Share(BusBudget& budget) : budget_(budget) { ++budget_.sending_; }
  Share(const Share&) = delete;
  ~Share() {
    if (over_) return;
    --budget_.sending_;
    budget_.rate_.take_out(rate_);
  }

  // So many bytes are about to be published. Whether they may.
  bool take(std::uint64_t bytes, net::Instant now);
  // Over its budget, as of now.
  bool over(net::Instant now);
  // It is known to be: who owned it before said so.
  void begin_over(net::Instant now) { set_over(true, now); }

 private:
  bool too_much() const;
  void set_over(bool over, net::Instant now);

  BusBudget& budget_;
  Rate rate_;
  bool over_ = false;
  net::Instant over_at_{};  // last
};

}  // namespace feeds
