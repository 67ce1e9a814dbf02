// MessageWorld, what goes wrong.
#include <algorithm>

#include "sim/message_world.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

net::Duration up_to(net::Random& random, net::Duration most) {
  return net::Duration(random.below(static_cast<std::uint64_t>(most.count())));
}

}  // namespace

void MessageWorld::later(net::Duration after, std::function<void()> undo) {
  const std::uint64_t number = ++undo_count_;
  undo_[number] = std::move(undo);
  net_.schedule(nullptr, after, [this, number] {
    if (auto found = undo_.extract(number)) found.mapped()();
  });
}

void MessageWorld::strike(const std::string& fault) {
  say("world", fault);
  ++tally_["messages: fault: " + fault];
}

void MessageWorld::step() {
  Listener& somebody = listeners_[random_.below(listeners_.size())];
  const bool reached = somebody.here && !here_[somebody.at].paused;
  switch (random_.below(20)) {
    case 0:
    case 1:
      return strike_redis();
    case 2:
      return strike_data();
    case 3:
    case 4:
      return strike_instance();
    case 5:
    case 6:
      if (reached) leave(somebody);
      return;
    case 7:
      if (!reached) return;
      say(somebody.name, "stalls");
      ++tally_["messages: listeners stalled"];
      here_[somebody.at].instance->stall(somebody.slot);
      somebody.stalled = true;
      return;
    case 8:
      return unstall();
    default:
      for (std::uint64_t i = 1 + random_.below(random_.chance(0.05) ? 60 : 8); i > 0; --i) publish();
  }
}

void MessageWorld::unstall() {
  for (Listener& each : listeners_) {
    if (!each.stalled || !each.here || here_[each.at].paused) continue;
    each.stalled = false;
    here_[each.at].instance->resume(each.slot);
  }
}

// What Redis says, and to whom.
void MessageWorld::strike_redis() {
  if (!redis_.serving()) return;
  switch (random_.below(3)) {
    case 0:
      strike("subscribers killed");
      return redis_.kill_subscribers();
    case 1:
      strike("publications lost");
      lost_ = 0.3;
      return later(up_to(random_, 3s), [this] { lost_ = 0; });
    default:
      strike("redis stalled");
      redis_.stall();
      return later(up_to(random_, 4s), [this] { redis_.resume(); });
  }
}

// What Redis has. What a replica is behind by is lost where it takes over; a flush reaches it, too.
void MessageWorld::strike_data() {
  if (!redis_.serving()) return;
  const std::uint64_t which = random_.below(5);
  if (which == 0) {
    strike("redis flushed");
    redis_.flush();
    truth_.flush();
    forked_ = false;
  } else if (which == 1) {
    strike("redis restarted");
    redis_.kill();
    truth_.flush();
    forked_ = false;
    later(up_to(random_, 4s), [this] { redis_.start(); });
  } else if (!std::exchange(forked_, true)) {
    say("world", "a replica falls behind");
    redis_.fork();
    truth_.fork();
    later(up_to(random_, 3s), [this] {
      if (!redis_.serving() || !std::exchange(forked_, false)) return;
      strike("redis failed over");
      redis_.fail_over();
      truth_.fail_over();
    });
  }
}

void MessageWorld::strike_instance() {
  const std::size_t number = random_.below(here_.size());
  Here& here = here_[number];
  net::SimHost& host = net_.host("i" + std::to_string(number));
  const bool all_here =
      std::all_of(here_.begin(), here_.end(), [](const Here& each) { return each.instance && !each.paused; });
  const net::Duration lasts = random_.chance(0.2) ? 5s + up_to(random_, 3s) : up_to(random_, 3s);
  say("world", host.name() + ", for " + std::to_string(lasts / 1ms) + " ms:");
  switch (random_.below(6)) {
    case 0:
      if (!all_here) return;
      strike("instance killed");
      kill(number);
      return later(lasts, [this, number] { start(number); });
    case 1:
      if (!all_here) return;
      strike("instance paused");
      host.pause();
      here.paused = true;
      return later(lasts, [&host, &here] {
        host.resume();
        here.paused = false;
      });
    case 2:
      strike("link cut");
      return net_.cut(host, redis_site_.host);
    case 3:
      strike("link stalled");
      return net_.stall(host, redis_site_.host, lasts);
    default: {
      const bool both = random_.chance(0.5);
      strike(both ? "both ways lost" : "one way lost");
      if (both) net_.lose(host, redis_site_.host);
      net_.lose(redis_site_.host, host);
      return later(lasts, [this, &host] {
        net_.heal(host, redis_site_.host);
        net_.heal(redis_site_.host, host);
      });
    }
  }
}

bool MessageWorld::loses(std::string_view channel, std::string_view frame) {
  if (channel.find("bus:{app:") == channel.npos) return false;
  const double chance = frame.starts_with("m1") ? std::max(lost_, lost_messages_) : lost_;
  const bool lost = chance > 0 && random_.chance(chance);
  if (lost) ++tally_[frame.starts_with("m1") ? "messages: lost on the bus" : "messages: tips lost"];
  return lost;
}

void MessageWorld::count() {
  tally_["messages: epochs"] += truth_.epochs();
  for (const Listener& each : listeners_) tally_["messages: told"] += each.judge.told();
}

}  // namespace sim
