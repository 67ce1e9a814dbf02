#include "redis/link.hpp"

#include "base/log.hpp"
#include "net/random.hpp"

namespace redis {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration dial_max = 2s;
// Full jitter under a doubling ceiling. The last one is low, since a cluster must be whole 5 s after Redis is.
constexpr net::Duration first_ceiling = 100ms;
constexpr net::Duration last_ceiling = 4s;
constexpr net::Duration proven_good = 10s;  // a connection that stood so long begins with short pauses again
// After a wrong password and the like, which only a person puts right: up to twice that.
constexpr net::Duration patience = 4s;

bool takes_a_person(base::Fault fault) {
  return fault == base::Fault::unauthorized || fault == base::Fault::forbidden || fault == base::Fault::bad_request;
}

}  // namespace

Link::Link(net::Network& network, Address address, Owner& owner)
    : network_(network),
      address_(std::move(address)),
      sentinels_(address_),
      owner_(owner),
      ceiling_(first_ceiling),
      job_(run()) {}

void Link::drop(base::Error why) {
  if (!up_) return;
  up_ = false;
  dropped_ = std::move(why);
  connection_->close();
}

net::Task<void> Link::run() {
  net::Loop& loop = network_.loop();
  co_await loop.sleep(net::Duration(0));  // the owner is still being built
  for (;;) {
    ++dials_;
    const net::Instant since = loop.now();
    auto opened = co_await dial();
    base::Error why;
    if (opened) {
      connection_ = std::move(*opened);
      up_ = true;
      reason_.clear();
      owner_.on_up();
      why = co_await read_to_end();
      up_ = false;
      if (dropped_) why = *std::exchange(dropped_, std::nullopt);
      connection_.reset();
    } else {
      why = opened.error();
    }
    // One line for each new reason, not for each attempt.
    if (reason_ != why.message) {
      base::log::warn("Redis is not reached", {{"address", address_.to_string()}, {"reason", why.message}});
    }
    reason_ = why.message;
    if (opened) owner_.on_down(why);
    co_await loop.sleep(pause(since, why.fault));
  }
}

net::Task<Connection::Opened> Link::dial() {
  if (sentinels_.any()) {
    auto master = co_await sentinels_.master(network_);
    if (!master) co_return master.error();
    address_.endpoint = std::move(*master);
  }
  auto opened = co_await net::with_deadline(network_.loop(), dial_max, Connection::open(network_, address_));
  if (!opened && sentinels_.any()) {
    sentinels_.doubt();
    co_return base::Error{opened.error().fault,
                          "The master at " + address_.endpoint.to_string() + ": " + opened.error().message};
  }
  co_return opened;
}

net::Task<base::Error> Link::read_to_end() {
  for (;;) {
    auto reply = connection_->next();
    if (!reply) co_return reply.error();
    if (*reply) {
      if (up_) owner_.on_reply(std::move(**reply));
      continue;
    }
    const auto more = co_await connection_->fill();
    if (!more) co_return more.error();
  }
}

net::Duration Link::pause(net::Instant since, base::Fault why) {
  const double part = network_.loop().random().unit();
  if (takes_a_person(why)) return patience + net::Duration(static_cast<net::Duration::rep>(part * patience.count()));
  if (network_.loop().now() - since >= proven_good) ceiling_ = first_ceiling;
  const auto pause = static_cast<net::Duration::rep>(part * static_cast<double>(ceiling_.count()));
  ceiling_ = std::min(ceiling_ * 2, last_ceiling);
  return net::Duration(pause);
}

}  // namespace redis
