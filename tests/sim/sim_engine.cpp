#include "sim/sim_engine.hpp"

#include <algorithm>

#include "sim/sim_connection.hpp"

namespace sim {

SimEngine::SimEngine(net::Network& network, net::Endpoint endpoint, EngineOptions options)
    : network_(network), loop_(network.loop()), endpoint_(std::move(endpoint)), options_(std::move(options)) {
  listen();
}

SimEngine::~SimEngine() {
  listener_.reset();
  connections_.clear();
}

SimContainer& SimEngine::create(ContainerOptions options) {
  containers_.push_back(std::make_unique<SimContainer>(*this, std::move(options)));
  known_.push_back(containers_.back().get());
  return *containers_.back();
}

SimContainer* SimEngine::find(const std::string& id_or_name) {
  for (auto& container : containers_) {
    if (container->id() == id_or_name) return container.get();
  }
  for (auto* container : known_) {
    if (container->options().name == id_or_name) return container;
  }
  return nullptr;
}

std::vector<SimContainer*> SimEngine::matching(std::string_view text) {
  std::vector<SimContainer*> found;
  for (auto* container : known_) {
    if (container->id() == text) return {container};
  }
  const auto name = text.starts_with('/') ? text.substr(1) : text;
  for (auto* container : known_) {
    if (container->options().name == name) return {container};
  }
  std::copy_if(known_.begin(), known_.end(), std::back_inserter(found),
               [&](const SimContainer* container) { return !text.empty() && container->id().starts_with(text); });
  return found;
}

void SimEngine::kill() {
  if (listener_ == nullptr) return;
  ++counts_.daemon_kills;
  listener_.reset();
  stalled_ = false;
  connections_.clear();
  while (!later_.empty()) {  // what it was about to do is done or lost with it; nobody hears of it
    auto first = later_.extract(later_.begin());
    first.mapped().call();
  }
  for (auto* container : known_) container->detach();
  events_.forget();
}

void SimEngine::start(bool processes_live_on) {
  if (listener_ != nullptr) return;
  listen();
  for (auto* container : known_) {
    if (!processes_live_on) container->lose_process();
    if (!container->process_ && !container->end_waits_) continue;
    container->attach();
    container->drain();
  }
}

void SimEngine::cut_connections() { connections_.clear(); }

void SimEngine::stall() {
  if (!serving()) return;
  ++counts_.stalls;
  stalled_ = true;
}

void SimEngine::resume() {
  if (!std::exchange(stalled_, false)) return;
  for (auto* container : known_) container->drain();
  for (auto& connection : connections_) connection->wake();
}

void SimEngine::step_clock(net::Duration by) {
  ++counts_.clock_steps;
  clock_offset_ += by;
}

std::int64_t SimEngine::wall() const { return (loop_.wall_now() + clock_offset_).time_since_epoch().count(); }

std::int64_t SimEngine::stamp() {
  const net::Instant now = loop_.now();
  last_stamp_ = std::max(now, last_stamp_ + net::Duration(200 + loop_.random().below(500)));
  return wall() + (last_stamp_ - now).count();
}

const EngineCounts& SimEngine::counts() const {
  counts_.rotations = 0;
  for (const auto& container : containers_) counts_.rotations += container->log().current_file();
  return counts_;
}

void SimEngine::later(net::Duration delay, net::Callback call) {
  const std::uint64_t number = ++later_count_;
  net::Timer timer = loop_.after(delay, [this, number] {
    auto due = later_.extract(number);
    due.mapped().call();
  });
  later_.emplace(number, Later{std::move(timer), std::move(call)});
}

void SimEngine::publish(SimEvent event) {
  if (listener_ != nullptr) events_.publish(std::move(event));
}

void SimEngine::forget(SimContainer& container) { std::erase(known_, &container); }

void SimEngine::listen() {
  auto listener = network_.listen(endpoint_, [this](net::Accepted accepted) {
    connections_.push_back(std::make_unique<SimConnection>(*this, network_.adopt(std::move(accepted.socket))));
    connections_.back()->start();
  });
  CHECK(listener.has_value());
  listener_ = std::move(*listener);
}

// The connection says so from inside its own coroutine, so it goes a turn later.
void SimEngine::drop(SimConnection& connection) {
  loop_.post([this, gone = &connection, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    std::erase_if(connections_, [gone](const auto& one) { return one.get() == gone; });
  });
}

}  // namespace sim
