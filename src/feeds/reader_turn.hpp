// ReaderTurn: when this instance reads something of the Engine that others want too, and when it hears it from another.
//
//              lease granted                        not renewed within 2/3 of its TTL
//   relaying ─────────────────▶ owning ──────────────────────────────────────────────▶ alone
//      │  ▲                       │ another's, given away, or not wanted   ▲              │ │
//      │  └───────────────────────┘                                        └── granted ───┘ │
//      │  ◀──────────────────────────────── a reader is heard, or not wanted ───────────────┘
//      └─── nobody was heard: for 3–8 s without Redis, for 5/4 of a TTL with it; never: for 3 s ──▶ alone
//
// A plain value: step() says what to do now; what came of it, what was heard and what becomes of Redis is told with the
// time. `spread`, from 0 to 1, is drawn for each, so that instances do not all do the same at the same time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "lease/lease.hpp"
#include "net/loop.hpp"

namespace feeds {

class ReaderTurn {
 public:
  enum class Role : std::uint8_t { relaying, owning, alone };
  enum class Do : std::uint8_t { wait, acquire, seize, renew, release };
  struct Step {
    Do what = Do::wait;
    net::Instant until{};  // wait: unless something happens
  };

  ReaderTurn(net::Duration ttl, double spread, bool bus_up, net::Instant now);

  Role role() const { return role_; }
  bool reading() const { return role_ != Role::relaying; }
  const lease::Fence& fence() const { return fence_; }  // ours while owning, else the newest heard of
  const std::string& held_value() const { return held_value_; }
  bool may_publish(net::Instant now) const { return role_ == Role::owning && now <= valid_until_; }
  // How often the reader shows that it lives, and renews its lease.
  net::Duration beat() const { return std::min<net::Duration>(ttl_ / 5, std::chrono::seconds(2)); }

  // `relayed`: the Engine is reached through another instance, which asks for the lease before us, and reads.
  Step step(net::Instant now, bool relayed = false);

  void want(bool wanted, net::Instant now);
  void bus(bool up, net::Instant now);
  // Gives the lease away, once, as soon as others listen; and if none of them takes it, takes it again.
  void yield() { yields_ = role_ == Role::owning; }
  void others(std::uint64_t count) { others_ = count; }
  // Another reader published something. False: a reader of the past, or we read ourselves.
  bool heard(const lease::Fence& fence, bool released, net::Instant now);

  void granted(const lease::Fence& fence, net::Instant asked);
  void refused(const std::string& value, net::Instant now);
  void unanswered(net::Instant now);  // of acquire, seize and renew
  void renewed(bool ours, net::Instant asked, net::Instant now);
  void released(net::Instant now);

 private:
  net::Duration part(net::Duration most) const;
  net::Instant alone_at() const;
  // For how long a reader may be silent before its lease is asked for. Whoever is not to be first asks when it has run
  // out for all.
  net::Duration trust() const { return later_ == net::Duration::zero() ? ttl_ / 2 : ttl_; }
  bool silent(net::Instant now) const { return now - heard_at_ >= ttl_ / 2; }

  const net::Duration ttl_;
  const double spread_;
  Role role_ = Role::relaying;
  bool wanted_ = false;
  bool bus_up_;
  bool ever_up_, ever_heard_ = false;
  net::Instant bus_since_;
  net::Instant heard_at_;  // a reader; or since when there should have been one
  net::Instant next_at_;   // to ask for the lease, or to renew it
  net::Duration later_{};  // than that it is asked for
  net::Instant valid_until_{};
  lease::Fence fence_{};
  bool lost_ = false;       // the lease that we own is not ours any more: ask whose it is
  bool yields_ = false;     // as soon as others listen
  bool available_ = false;  // its owner has said that it goes
  std::uint64_t others_ = 0;
  std::string held_value_;  // what the lease held when we were refused, and since when
  net::Instant held_since_{};
};

}  // namespace feeds
