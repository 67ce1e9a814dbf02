#include "app/leaving.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;

// Of the grace, kept for the close frames of all who are left: at most.
constexpr net::Duration last_words = 2s;

}  // namespace

void Leaving::drain(net::Callback left) {
  on_left_.push_back(std::move(left));
  if (stage_ == Stage::left) return give_back();
  if (stage_ != Stage::serving) return;
  stage_ = Stage::noticed;
  base::log::info("Leaving", {{"clients", parts_.metrics.websockets()}});
  each([](api::Server& server) { server.notice(); });
  for (feeds::Feeds* each : parts_.feeds()) each->yield();
  const net::Duration grace = parts_.settings.drain_grace;
  notice_ = parts_.loop.after(std::min(parts_.settings.drain_notice, grace / 2), [this] { go(); });
  end_ = parts_.loop.after(grace - std::min(last_words, grace / 4), [this] { hurry(); });
}

void Leaving::each(void (*tell)(api::Server& server)) {
  for (const Place& place : places_) place.loop.post([&server = place.server, tell] { tell(server); });
}

void Leaving::go() {
  if (stage_ != Stage::noticed) return;
  stage_ = Stage::going;
  parts_.close_door();
  staying_ = places_.size();
  for (const Place& place : places_) {
    place.loop.post([this, &server = place.server] {
      server.leave(departures_, [this] {
        parts_.loop.post([this] {
          if (--staying_ == 0) give_back();
        });
      });
    });
  }
}

void Leaving::hurry() {
  go();
  if (stage_ != Stage::going) return;
  stage_ = Stage::hurrying;
  end_.cancel();
  base::log::warn("Closing the clients that are left, for want of time",
                  {{"clients", parts_.metrics.websockets()}, {"rate", parts_.settings.drain_rate}});
  each([](api::Server& server) { server.end(); });
}

void Leaving::give_back() {
  const auto finish = [this] {
    stage_ = Stage::left;
    end_.cancel();
    for (net::Callback& left : std::exchange(on_left_, {}))
      if (left) left();
  };
  const std::vector<feeds::Feeds*> all = parts_.feeds();
  if (stage_ == Stage::left || all.empty()) return finish();
  stage_ = Stage::giving_back;
  giving_ = all.size();
  for (feeds::Feeds* each : all) {
    each->drain([this, finish] {
      if (--giving_ == 0) finish();
    });
  }
}

}  // namespace app
