#include "app/engine_link.hpp"

#include "base/log.hpp"

namespace app {

using namespace std::chrono_literals;

constexpr std::size_t early_max = 1024;
constexpr net::Duration past_patience = 5s;  // for whoever reads the events; then we begin without the past

EngineLink::EngineLink(Parts parts, Welcome welcome, MakeFeeds make_feeds)
    : parts_(parts), welcome_(std::move(welcome)), make_feeds_(std::move(make_feeds)), changed_(parts.engine.loop()) {
  introduction_ = net::Job(introduce());
}

void EngineLink::on_event(const docker::Event& event) {
  if (feeds_) return feeds_->on_event(event);
  early_.push_back(event);
  if (early_.size() > early_max) early_.pop_front();
}

void EngineLink::on_missed() {
  if (feeds_) return feeds_->on_missed_events();
  early_.clear();
}

void EngineLink::on_resync() {
  if (feeds_) return feeds_->on_resync();
  begun_ = true;
  changed_.notify();
}

void EngineLink::on_up() {
  down_ = false;
  base::log::info("The Docker Engine answers again", {{"at", parts_.engine.endpoint().to_string()}});
  if (feeds_) feeds_->on_engine(true);
}

void EngineLink::on_down(const base::Error& why) {
  down_ = true;
  base::log::warn("The Docker Engine does not answer; it is tried again and again",
                  {{"at", parts_.engine.endpoint().to_string()}, {"why", why.message}});
  if (feeds_) feeds_->on_engine(false);
}

net::Task<void> EngineLink::introduce() {
  const docker::EngineIdentity identity = co_await meet();
  down_ = false;
  if (!welcome_(identity.id)) co_return;
  events_.emplace(feeds::EngineEvents::Parts{parts_.engine, parts_.bus, parts_.lease}, identity, parts_.lease_ttl,
                  static_cast<docker::EventWatch::Listener&>(*this));
  co_await hear_the_past();
  answered_ = true;
  feeds_ = make_feeds_(identity.id, *events_);
  for (const docker::Event& event : std::exchange(early_, {})) feeds_->on_event(event);
  if (down_) feeds_->on_engine(false);
}

net::Task<docker::EngineIdentity> EngineLink::meet() {
  bool told = false;
  for (net::Duration pause = 100ms;; pause = std::min<net::Duration>(2 * pause, 5s)) {
    auto identity = co_await parts_.engine.identity();
    const auto version = co_await parts_.engine.version();
    if (identity && version) {
      base::log::info("The Docker Engine answers", {{"host", identity->host},
                                                    {"version", version->version},
                                                    {"api", "1." + std::to_string(version->api_minor)},
                                                    {"id", identity->id}});
      if (version->podman) {
        base::log::warn(
            "Podman's log timestamps are whole seconds: lines within one second cannot be told apart; "
            "logs are best effort");
      }
      co_return std::move(*identity);
    }
    if (!std::exchange(told, true)) on_down(identity ? version.error() : identity.error());
    co_await parts_.engine.loop().sleep(pause);
  }
}

// Followers come when the events of before are known, and are not told them as new: those come with the first answer,
// and the second comes behind them.
net::Task<void> EngineLink::hear_the_past() {
  net::Timer patience = parts_.engine.loop().after(past_patience, [this] {
    begun_ = true;
    changed_.notify();
  });
  while (!begun_) co_await changed_.wait();
  patience.cancel();
  if (events_->reading()) (void)co_await parts_.engine.ping();
}

}  // namespace app
