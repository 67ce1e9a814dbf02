// World, what goes wrong.
#include <algorithm>
#include <cstring>

#include "sim/world.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration read_within = 3s;   // what was written
constexpr net::Duration tried_again = 10s;  // by docker::LogReader, at the latest; or its read stood still
constexpr net::Duration made_good_within = 15s;

template <class T>
const T& pick(const std::vector<T>& from, std::uint64_t which) {
  return from[which % from.size()];
}

}  // namespace

void World::later(net::Duration after, std::function<void()> undo) {
  const std::uint64_t number = ++undo_count_;
  undo_[number] = std::move(undo);
  at(after, [this, number] {
    auto found = undo_.extract(number);
    if (!found) return;
    trouble_until_ = net_.now();
    found.mapped()();
  });
}

// Nothing goes wrong but for connections that are cut now and then, and what went wrong is made good.
bool World::calm() const { return undo_.empty() && net_.now() >= trouble_until_ + made_good_within; }

// What was stamped before that, every instance has read.
std::int64_t World::settled() const {
  if (clock_stepped_) return 0;
  const bool disturbed = plan_.net.cut > 0 || plan_.net.stall > 0;
  const net::Duration within = read_within + (disturbed ? tried_again : 0s);
  return (calm() ? engine_->wall() : trouble_from_ns_) - within.count();
}

void World::strike(const FaultPlan& fault) {
  say("world", name_of(fault.fault) + " for " + std::to_string(fault.lasts / 1ms) + " ms");
  if (possible(fault)) ++stage_.tally["fault: " + name_of(fault.fault)];
  if (calm()) trouble_from_ns_ = engine_->wall();
  trouble_until_ = net_.now();
  ++faults_begun_;
  if (fault.fault <= Fault::lose_both_ways) return strike_link(fault);
  if (fault.fault <= Fault::step_engine_clock) return strike_engine(fault);
  if (fault.fault <= Fault::refuse_leases) return strike_redis(fault);
  strike_instance(fault);
}

// There is something that it happens to.
bool World::possible(const FaultPlan& fault) const {
  const SimInstance& instance = *pick(instances_, fault.which);
  const SimContainer& container = pick(containers_, fault.which)->container;
  switch (fault.fault) {
    case Fault::cut_engine:
    case Fault::stall_engine:
    case Fault::kill_engine:
      return engine_->serving();
    case Fault::restart_redis:
    case Fault::stall_redis:
      return redis_->serving();
    case Fault::lose_last_publication:
      return container.running() && !container.removing();
    case Fault::lose_lease:
      return reader_of(fault.which % containers_.size()) != nullptr;
    case Fault::pause_instance:
    case Fault::kill_instance:
    case Fault::drain_instance:
      return instance.up() && !instance.draining();
    default:
      return true;
  }
}

// Between an instance and whomever it speaks with.
void World::strike_link(const FaultPlan& fault) {
  net::SimHost& instance = pick(instances_, fault.which)->host();
  std::vector<net::SimHost*> others = {&docker_->host};
  if (redis_) others.push_back(&redis_site_->host);
  for (auto& each : followers_) others.push_back(&each.site->host);
  net::SimHost& other = *pick(others, fault.which / 7);
  const bool outwards = fault.which / 7 % 2 == 0;
  net::SimHost& from = outwards ? instance : other;
  net::SimHost& to = outwards ? other : instance;
  say("world", "from " + from.name() + " to " + to.name());
  switch (fault.fault) {
    case Fault::cut_link:
      return net_.cut(from, to);
    case Fault::stall_link:
      return net_.stall(from, to, fault.lasts);
    case Fault::lose_both_ways:
      net_.lose(to, from);
      [[fallthrough]];
    default:
      net_.lose(from, to);
      return later(fault.lasts, [this, &from, &to] {
        net_.heal(from, to);
        net_.heal(to, from);
      });
  }
}

void World::strike_engine(const FaultPlan& fault) {
  switch (fault.fault) {
    case Fault::cut_engine:
      return engine_->cut_connections();
    case Fault::stall_engine:
      engine_->stall();
      return later(fault.lasts, [this] { engine_->resume(); });
    case Fault::kill_engine:
      engine_->kill();
      return later(fault.lasts, [this, live_on = fault.which % 2 == 0] {
        engine_->start(live_on);
        for (auto& each : containers_) {
          if (!each->container.running() && !each->container.removing()) each->container.start();
        }
      });
    default: {
      clock_stepped_ = true;
      static constexpr std::array<net::Duration, 6> steps = {-2ms, -200ms, -30s, -1h, 500ms, 30s};
      engine_->step_clock(steps[fault.which % steps.size()]);
    }
  }
}

void World::strike_redis(const FaultPlan& fault) {
  static constexpr std::array<net::Duration, 4> steps = {60s, 1h, -10s, -1h};
  switch (fault.fault) {
    case Fault::restart_redis:
      if (!redis_->serving()) return;
      redis_->kill();
      watch_outage();
      return later(fault.lasts, [this] { redis_->start(); });
    case Fault::stall_redis:
      if (!redis_->serving()) return;
      redis_->stall();
      watch_outage();
      return later(fault.lasts, [this] { redis_->resume(); });
    case Fault::flush_redis:
      return redis_->flush();
    case Fault::fail_over_redis:
      redis_->fork();
      return later(fault.lasts, [this] {
        if (redis_->serving()) redis_->fail_over();
      });
    case Fault::step_redis_clock:
      return redis_->step_clock(steps[fault.which % steps.size()]);
    case Fault::kill_subscribers:
      return redis_->kill_subscribers();
    case Fault::lose_publications:
      lost_publications_ = 0.5;
      return later(fault.lasts, [this] { lost_publications_ = 0; });
    case Fault::lose_last_publication:
      return lose_last_publication(fault);
    case Fault::refuse_leases:
      redis_->refuse_scripts(true);
      return later(fault.lasts, [this] { redis_->refuse_scripts(false); });
    default:
      redis_->store().erase("dockcast:lease:{" + bus_name(fault.which % containers_.size()) + "}");
  }
}

// A container says its last words, and what its reader publishes of them nobody hears.
void World::lose_last_publication(const FaultPlan& fault) {
  SimContainer& container = containers_[fault.which % containers_.size()]->container;
  if (!container.running() || container.removing()) return;
  lost_publications_ = 1;
  container.write(SimStream::out, "the last line before the end\n");
  container.exit(0);
  at(60ms, [this] { lost_publications_ = 0; });
  later(fault.lasts, [&container] { container.start(); });
}

void World::strike_instance(const FaultPlan& fault) {
  SimInstance& instance = *pick(instances_, fault.which);
  switch (fault.fault) {
    case Fault::pause_instance:
      instance.pause();
      return later(fault.lasts, [&instance] { instance.resume(); });
    case Fault::kill_instance:
      instance.kill();
      return later(fault.lasts, [&instance] { instance.start(); });
    case Fault::drain_instance:
      instance.drain();
      return later(fault.lasts + 5s, [&instance] { instance.start(); });
    default:
      kill_reader(fault.which, 1, fault.lasts);
  }
}

// The one that reads, and `more` successors, each as soon as it reads.
void World::kill_reader(std::uint64_t which, int more, net::Duration back_after) {
  SimInstance* reader = reader_of(which % containers_.size());
  if (reader != nullptr && reader->up()) {
    say("world", "kills the reader " + reader->host().name());
    ++stage_.tally["readers killed"];
    reader->kill();
    later(back_after, [reader] { reader->start(); });
    if (more-- == 0) return;
  }
  at(200ms, [this, which, more, back_after] {
    if (chaos_) kill_reader(which, more, back_after);
  });
}

std::string World::bus_name(std::size_t container) const {
  return engine_->options().engine_id + "/container:logs:" + containers_[container]->container.id();
}

// Who holds the lease: its value begins with the holder, whose name begins with the instance's.
SimInstance* World::reader_of(std::size_t container) const {
  const auto value = redis_->store().get("dockcast:lease:{" + bus_name(container) + "}");
  for (const auto& instance : instances_) {
    if (value && value->starts_with(instance->host().name() + "-")) return instance.get();
  }
  return nullptr;
}

// Sees what goes over the bus, and says what is lost. The header is described in feeds/log_frame.hpp.
bool World::on_delivery(std::string_view channel, std::string_view frame) {
  struct {
    std::uint8_t version, kind, state, flags;
  } head{};
  std::array<std::uint64_t, 3> numbers{};  // fence, sender
  if (frame.size() < sizeof head + sizeof numbers) return false;
  const bool lost = lost_publications_ > 0 && net_.random().chance(lost_publications_);
  if (lost) ++stage_.tally["publications lost"];
  if (channel.find("/container:logs:") == channel.npos) return lost;
  std::memcpy(&head, frame.data(), sizeof head);
  std::memcpy(numbers.data(), frame.data() + sizeof head, sizeof numbers);
  auto& heard = heard_.try_emplace(std::string(channel)).first->second;
  if (heard.sender != numbers[2] && heard.sender != 0) ++stage_.tally["takeovers"];
  heard.sender = numbers[2];
  heard.pull = (head.flags & 1) != 0;
  const bool tip = head.kind >= 3;
  const std::pair fence(numbers[0], numbers[1]);
  if (tip && fence < heard.fence) ++stage_.tally["tips of an older owner"];
  if (tip) heard.fence = std::max(heard.fence, fence);
  return lost;
}

}  // namespace sim
