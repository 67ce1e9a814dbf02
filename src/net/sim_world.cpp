#include "net/sim_world.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "net/sim_host.hpp"
#include "net/sim_kernel.hpp"

namespace net {

namespace {

thread_local SimWorld* world_of_thread = nullptr;

constexpr std::uint64_t at_once_max = 10'000'000;  // as many events in no time are a loop without end

}  // namespace

SimWorld* SimWorld::current() { return world_of_thread; }

SimWorld::SimWorld(std::uint64_t seed, SimFaults faults)
    : seed_(seed), faults_(faults), random_(seed), secrets_(~seed), kernel_(std::make_unique<SimKernel>(*this)) {
  CHECK(world_of_thread == nullptr);
  world_of_thread = this;
  draw_secrets_from(&secrets_);
}

SimWorld::~SimWorld() {
  // The end of an event may close sockets and make new events, while everything still stands.
  while (!events_.empty()) events_.pop();
  draw_secrets_from(nullptr);
  world_of_thread = nullptr;
}

SimHost& SimWorld::host(const std::string& name, const std::string& machine) {
  auto& host = hosts_[name];
  if (!host) host = std::make_unique<SimHost>(*this, name, machine.empty() ? name : machine);
  return *host;
}

std::string SimWorld::machine_of(const std::string& name) const {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? name : found->second->machine();
}

std::uint64_t SimWorld::schedule(SimHost* host, Duration delay, Callback call) {
  return events_.add(now_ + std::max(delay, Duration::zero()), {host, std::move(call)});
}

void SimWorld::unschedule(std::uint64_t id) { events_.take_back(id); }

void SimWorld::note(std::uint64_t what) { trace_ = std::rotl((trace_ ^ what) * 0x9e3779b97f4a7c15, 29); }

bool SimWorld::step() {
  while (!events_.empty() && events_.next() != Instant::max()) {
    SimHost* host = events_.peek().host;
    if (host != nullptr && host->paused()) {
      host->put_off(events_.next_id());
      events_.move(events_.next_id(), Instant::max());
      continue;
    }
    auto event = events_.pop();
    at_once_ = event.at == now_ ? at_once_ + 1 : 0;
    CHECK(at_once_ < at_once_max);
    now_ = event.at;
    note(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    note(event.id);
    event.item.call();
    return true;
  }
  return false;
}

bool SimWorld::run_until(const std::function<bool()>& done, Duration limit) {
  bool late = false;
  const std::uint64_t end = schedule(nullptr, limit, [&late] { late = true; });
  while (!done() && !late) step();
  unschedule(end);
  return done();
}

void SimWorld::run_for(Duration duration) {
  run_until([] { return false; }, duration);
}

void SimWorld::drop_events_of(const SimHost& host) {
  // They end after they were all taken out: their ends may ask for more.
  const auto dropped = events_.take_back_if([&host](const Event& event) { return event.host == &host; });
}

void SimWorld::cut(const SimHost& a, const SimHost& b) { kernel_->cut(a, b); }
void SimWorld::stall(const SimHost& a, const SimHost& b, Duration duration) { kernel_->stall(a, b, duration); }
void SimWorld::lose(const SimHost& from, const SimHost& to) { kernel_->lose(from, to); }
void SimWorld::heal(const SimHost& from, const SimHost& to) { kernel_->heal(from, to); }
void SimWorld::heal_all() {
  for (const auto& [from_name, from] : hosts_) {
    for (const auto& [to_name, to] : hosts_) kernel_->heal(*from, *to);
  }
}
void SimWorld::spare_all() { kernel_->spare_all(); }
void SimWorld::set_link(const SimHost& from, const SimHost& to, SimLink link) { kernel_->set_link(from, to, link); }

}  // namespace net
