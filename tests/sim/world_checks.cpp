// World, the promises that no single follower can see.
#include <algorithm>

#include "sim/world.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration degraded_within = 6s;  // a loss longer than a second, then five (protocol.md)
constexpr net::Duration events_within = 15s;   // docker::EventWatch tries again within ten
constexpr std::uint64_t requests_max = 400;    // in a second; worlds that are kept busy need 240

}  // namespace

// Redis does not answer any more: followers hear of it in time, unless something else goes wrong with them as well: an
// instance that stands still, or an Engine out of reach while one who fell behind waits for what was missed.
void World::watch_outage() {
  const bool calm = plan_.net.cut == 0 && plan_.net.refuse == 0;
  if (!calm || !undo_.empty()) return;
  const net::Instant from = net_.now();
  const std::uint64_t which = redis_->counts().stalls + redis_->counts().restarts;
  at(degraded_within, [this, from, which, begun = faults_begun_] {
    const bool same = !redis_->serving() && redis_->counts().stalls + redis_->counts().restarts == which;
    if (!same || faults_begun_ != begun || undo_.size() > 1 || !chaos_) return;
    ++stage_.tally["outages of Redis that were watched"];
    for (auto& each : followers_) {
      SimFollower& follower = *each.follower;
      if (follower.going_for() < net_.now() - from || follower.options().pace != SimFollower::Pace::fast) continue;
      for (const auto& witness : follower.witnesses()) {
        if (!witness->removed() && !witness->degraded())
          fail(follower.options().name + ": Redis is away for six seconds, and degraded was not said");
      }
    }
  });
}

// Nobody asks the Engine again and again for what it does not have.
void World::watch_requests(std::uint64_t before) {
  const std::uint64_t now = engine_->counts().logs_requests;
  if (now - before > requests_max) fail("logs were asked for " + std::to_string(now - before) + " times in a second");
  auto& most = stage_.tally["max: log requests in a second"];
  most = std::max(most, now - before);
  at(1s, [this, now] { watch_requests(now); });
}

std::string World::everybody_has_everything() {
  for (auto& each : followers_) {
    if (each.follower->gone()) continue;
    if (std::string missing = each.follower->complete(); !missing.empty()) return missing;
  }
  return {};
}

// One reader for the Engine's events, one for each container that is watched and runs, and it stays; and on the bus
// listen those who have followers of it, and its reader. None and nobody where nobody watches.
std::string World::wrong_at_rest() const {
  if (engine_->events_open() != 1)
    return std::to_string(engine_->events_open()) + " instances read the Engine's events";
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    const SimContainer& container = containers_[i]->container;
    const std::set<std::string> at_work = instances_at_work_for(i);
    const bool watched = !at_work.empty();
    const std::size_t follows = container.log().followers() - 1;  // the truth listens too
    // A polled log's follow is only a doorbell, which is hung up anew after every long silence.
    const bool polled = container.options().log.max_size > 0 && plan_.generation == Generation::docker_20;
    const std::size_t wanted = watched && container.running() && !polled ? 1 : 0;
    if (follows > (watched ? readers_of(i) : 0) || follows < wanted)
      return std::to_string(follows) + " follows are open for " + container.options().name + ", which " +
             (watched ? "is" : "is not") + " watched";
    const std::size_t listening = redis_ ? redis_->subscribers("dockcast:bus:{" + bus_name(i) + "}") : at_work.size();
    if (listening != at_work.size())
      return std::to_string(listening) + " instances listen for " + container.options().name + ", and " +
             std::to_string(at_work.size()) + " have followers of it or read it";
  }
  return {};
}

// What is too loud for the bus is read by everybody who has followers.
std::size_t World::readers_of(std::size_t container) const {
  const auto heard = heard_.find("dockcast:bus:{" + bus_name(container) + "}");
  return heard != heard_.end() && heard->second.pull ? instances_at_work_for(container).size() : 1;
}

std::set<std::string> World::instances_at_work_for(std::size_t number) const {
  std::set<std::string> names;
  const SimContainer& container = containers_[number]->container;
  for (const Follower& each : followers_) {
    const SimFollower& follower = *each.follower;
    if (!follower.gone() && follower.door() && follower.follows(container.id())) names.insert(follower.door()->host);
  }
  const SimInstance* reader = redis_ && !names.empty() ? reader_of(number) : nullptr;
  if (reader != nullptr) names.insert(reader->door().host);
  return names;
}

// Whoever follows knows whether the container runs.
std::string World::wrong_state_told(SimFollower& follower) const {
  for (std::size_t i = 0; i < containers_.size() && !follower.gone(); ++i) {
    const SimContainer& container = containers_[i]->container;
    const Witness* witness = follower.witness_of("container:logs:" + container.id());
    if (witness == nullptr || witness->removed() || container.removing()) continue;
    if ((witness->run_state() == "stopped") == container.running())
      return follower.options().name + ": of " + container.options().name + " was told last that it is \"" +
             witness->run_state() + "\", and it " + (container.running() ? "runs" : "does not run");
  }
  return {};
}

bool World::trouble_told(SimFollower& follower) {
  const auto& all = follower.witnesses();
  return !follower.gone() && std::any_of(all.begin(), all.end(), [](const auto& witness) {
    return !witness->removed() && witness->troubled();
  });
}

void World::check_at_rest() {
  net_.spare_all();
  // Who is to leave has left, and the linger after that is over. Others may have gone to another instance just now.
  const auto left = [](const Follower& each) { return each.leaves || each.follower->gone(); };
  const auto stays = [](const Follower& each) { return !each.leaves || each.follower->gone(); };
  run_until([&] { return std::all_of(followers_.begin(), followers_.end(), stays); }, plan_.chaos * 2);
  const bool lingers = std::any_of(followers_.begin(), followers_.end(), left);
  if (lingers && !run_for(plan_.linger + plan_.lease_ttl)) return;
  // A log that was too loud for the bus is read by all until it was quiet for a while and its owner has said so.
  const net::Duration quiet = plan_.bus.calm + 5s;
  run_until([this] { return wrong_at_rest().empty(); }, plan_.linger + plan_.lease_ttl * 2 + quiet + 5s);
  if (!broken_.empty()) return;
  if (const std::string wrong = wrong_at_rest(); !wrong.empty()) return fail("at rest: " + wrong);
  const std::uint64_t before = engine_->counts().follow_requests;
  std::size_t readers = 0;
  for (std::size_t i = 0; i < containers_.size(); ++i) readers += readers_of(i);
  if (!run_for(plan_.lease_ttl + 1s)) return;
  run_until([this] { return wrong_at_rest().empty(); }, 1s);  // a doorbell may just be opened anew
  if (!broken_.empty()) return;
  if (const std::string wrong = wrong_at_rest(); !wrong.empty()) return fail("at rest: " + wrong);
  // A doorbell that is silent is opened anew now and then.
  const std::uint64_t opened = engine_->counts().follow_requests - before;
  if (opened > 5 * readers) fail("at rest, and follows are opened again and again");
  // Who waits for a container's next run, or for the Engine, looks again when it hears the Engine's events again.
  const auto right = [this](Follower& each) {
    return wrong_state_told(*each.follower).empty() && !trouble_told(*each.follower);
  };
  run_until([&] { return std::all_of(followers_.begin(), followers_.end(), right); }, events_within);
  if (!broken_.empty()) return;
  for (auto& each : followers_) {
    if (trouble_told(*each.follower)) fail(each.follower->options().name + ": all is well, and recovered was not said");
    if (const std::string wrong = wrong_state_told(*each.follower); !wrong.empty()) fail("at rest: " + wrong);
  }
  // Nobody is told that a container is gone before it is known which Engines there are: seven seconds with a new Redis.
  run_until([this] { return everybody_has_everything().empty(); }, 8s);
  if (const std::string missing = everybody_has_everything(); !missing.empty()) fail("at rest: " + missing);
}

void World::check_nobody_is_served() {
  for (auto& each : followers_) each.follower->leave();
  if (!run_for(plan_.linger + plan_.lease_ttl + 5s)) return;
  ++stage_.tally["worlds without anybody"];
  const std::uint64_t before = engine_->counts().logs_requests;
  if (engine_->follows_open() > 0) fail("nobody watches, and a log is followed");
  for (std::size_t i = 0; i < containers_.size() && redis_; ++i) {
    if (redis_->subscribers("dockcast:bus:{" + bus_name(i) + "}") > 0)
      fail("nobody watches, and the bus is followed for " + containers_[i]->container.options().name);
  }
  for (auto& each : containers_) each->container.write(SimStream::out, "nobody hears this\n");
  run_for(10s);
  if (engine_->counts().logs_requests != before) fail("nobody watches, and a log is read");
}

void World::count() {
  Tally& tally = stage_.tally;
  const EngineCounts& engine = engine_->counts();
  tally["log requests"] += engine.logs_requests;
  tally["follow requests"] += engine.follow_requests;
  tally["rotations"] += engine.rotations;
  tally["records out of order"] += engine.out_of_order;
  tally["engine: files skipped in a follow"] += engine.follow.files_skipped;
  tally["engine: records repeated in a follow"] += engine.follow.records_replayed;
  tally["engine: tails lost at an exit"] += engine.follow.tails_lost_at_exit;
  tally["engine: logs garbled"] += engine.follow.garbled;
  const net::SimCounts& net = net_.counts();
  tally["net: slices"] += net.slices;
  tally["net: short sends"] += net.short_sends;
  tally["net: would block"] += net.would_blocks;
  tally["net: stalls"] += net.stalls;
  tally["net: cuts"] += net.cuts;
  tally["net: losses"] += net.losses;
  tally["net: timeouts"] += net.timeouts;
  if (redis_) {
    tally["redis: deliveries"] += redis_->counts().deliveries;
    tally["redis: subscribers killed"] += redis_->counts().subscribers_killed;
  }
  for (auto& each : followers_) {
    for (const auto& witness : each.follower->witnesses()) tally["lines delivered"] += witness->lines();
  }
  for (auto& each : containers_) tally["lines written"] += each->truth.total();
}

}  // namespace sim
