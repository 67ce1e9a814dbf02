#include "app/engine_link.hpp"

#include "base/log.hpp"

namespace app {

using namespace std::chrono_literals;

constexpr std::size_t early_max = 1024;

EngineLink::EngineLink(docker::Client& engine, MakeFeeds make_feeds)
    : engine_(engine), make_feeds_(std::move(make_feeds)), watch_(engine_, *this) {}

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
  if (feeds_) feeds_->on_resync();
}

void EngineLink::on_up() {
  if (!feeds_ && !introduction_.running()) introduction_ = net::Job(introduce());
  if (!feeds_) return;
  base::log::info("The Docker Engine answers again", {{"at", engine_.endpoint().to_string()}});
  feeds_->on_engine(true);
}

void EngineLink::on_down(const base::Error& why) {
  base::log::warn("The Docker Engine does not answer; it is tried again and again",
                  {{"at", engine_.endpoint().to_string()}, {"why", why.message}});
  if (feeds_) feeds_->on_engine(false);
}

net::Task<void> EngineLink::introduce() {
  for (net::Duration pause = 100ms;; pause = std::min<net::Duration>(2 * pause, 5s)) {
    const auto identity = co_await engine_.identity();
    const auto version = co_await engine_.version();
    if (identity && version) {
      answered_ = true;
      base::log::info("The Docker Engine answers", {{"host", identity->host},
                                                    {"version", version->version},
                                                    {"api", "1." + std::to_string(version->api_minor)},
                                                    {"id", identity->id}});
      if (version->podman) {
        base::log::warn(
            "Podman's log timestamps are whole seconds: lines within one second cannot be told apart; "
            "logs are best effort");
      }
      feeds_ = make_feeds_(identity->id);
      if (!feeds_) co_return;
      for (const docker::Event& event : std::exchange(early_, {})) feeds_->on_event(event);
      co_return;
    }
    co_await engine_.loop().sleep(pause);
  }
}

}  // namespace app
