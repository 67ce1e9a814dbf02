#include "tunnel/wire.hpp"

#include <memory>
#include <optional>

#include "net/signal.hpp"

namespace tunnel {
namespace {

// What became of a publication, which may be after nobody waits any more.
struct Outcome {
  std::optional<base::Result<std::uint64_t>> receivers;
  net::Signal* asked = nullptr;
};
struct Asking {
  Outcome& outcome;
  ~Asking() { outcome.asked = nullptr; }
};

}  // namespace

Wire::Wire(Place place, std::string to, std::uint64_t stream)
    : place_(place), to_(std::move(to)), stream_(stream), said_at_(place.loop.now()), heard_at_(place.loop.now()) {}

void Wire::send(Kind kind, std::string_view payload, bus::Bus::OnPublished on_published) {
  said_at_ = place_.loop.now();
  place_.bus.publish(to_, encode(Frame{kind, stream_, next_out_++, payload}), std::move(on_published));
}

net::Task<base::Result<std::uint64_t>> Wire::sent(Kind kind, std::string_view payload) {
  net::Signal done(place_.loop);
  const auto outcome = std::make_shared<Outcome>();
  outcome->asked = &done;
  const Asking asking{*outcome};
  send(kind, payload, [outcome](base::Result<std::uint64_t> receivers) {
    outcome->receivers.emplace(std::move(receivers));
    if (outcome->asked != nullptr) outcome->asked->notify();
  });
  while (!outcome->receivers) co_await done.wait();
  co_return *outcome->receivers;
}

bool Wire::hears(const Frame& frame) {
  if (frame.number != next_in_) return false;
  ++next_in_;
  heard_at_ = place_.loop.now();
  return true;
}

void Wire::keep_alive() {
  if (place_.loop.now() - said_at_ >= keep_alive_every) send(Kind::alive);
}

}  // namespace tunnel
