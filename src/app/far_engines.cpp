#include "app/far_engines.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "docker/position.hpp"

namespace app {

using namespace std::chrono_literals;

constexpr net::Duration look_every = 10s;

FarEngines::Engine::Engine(FarEngines& home, const std::string& id_in)
    : id(id_in), network(home.asker_, id), client(network, net::Endpoint{{}, "tunnel", 0}) {}

// The word of the Engine itself counts: its feeds write its id into positions and leases. Where it is spoken of again,
// it is asked again.
bool FarEngines::is(const Engine& engine, const std::string& says) {
  if (says == engine.id) return true;
  base::log::warn("An Engine is not the one that another instance says it is", {{"said", engine.id}, {"is", says}});
  parts_.loop.post([this, id = engine.id, alive = std::weak_ptr(alive_)] {
    if (!alive.lock()) return;
    directory_.forget(id);
    engines_.erase(id);
  });
  return false;
}

FarEngines::FarEngines(Parts parts, std::string name)
    : parts_(std::move(parts)),
      directory_(
          {parts_.loop, parts_.bus}, parts_.registry, name,
          [this](const std::string& id, bool reached) { on_heard(id, reached); }, parts_.on_asked),
      asker_({parts_.loop, parts_.bus}, directory_, name) {
  look();
}

std::vector<std::string> FarEngines::unmet() const {
  std::vector<std::string> ids;
  for (const auto& [id, engine] : engines_)
    if (engine->feeds() == nullptr) ids.push_back(id);
  return ids;
}

// In positions Engines are known by their keys: no second one may have another's.
void FarEngines::on_heard(const std::string& id, bool reached) {
  if (const auto known = engines_.find(id); known != engines_.end()) {
    if (reached && !known->second->link) meet(*known->second);
    return;
  }
  const std::uint64_t key = docker::engine_key(id);
  const bool there = std::any_of(engines_.begin(), engines_.end(),
                                 [key](const auto& each) { return docker::engine_key(each.first) == key; });
  if (there || (!own_.empty() && docker::engine_key(own_) == key)) return;
  Engine& engine = *engines_.emplace(id, std::make_unique<Engine>(*this, id)).first->second;
  if (reached) meet(engine);
}

void FarEngines::meet(Engine& engine) {
  base::log::info("Another instance reaches a Docker Engine", {{"id", engine.id}});
  engine.link.emplace(
      EngineLink::Parts{engine.client, parts_.bus, parts_.lease, parts_.lease_ttl},
      [this, &engine](const std::string& says) { return is(engine, says); },
      [this, &engine](const std::string&, feeds::EngineEvents& events) { return introduce(engine, events); });
}

std::unique_ptr<feeds::Feeds> FarEngines::introduce(Engine& engine, feeds::EngineEvents& events) {
  auto feeds = parts_.make_feeds(engine.client, engine.id, events);
  parts_.on_far({engine.client, engine.id, feeds.get(), [&engine] { return !engine.link->down(); }});
  return feeds;
}

const EngineLink* FarEngines::take_over(const std::string& id, net::Network& network, net::Endpoint endpoint) {
  own_ = id;
  const auto found = engines_.find(id);
  if (found == engines_.end()) return nullptr;
  if (found->second->feeds() == nullptr) {  // it was only spoken of
    engines_.erase(found);
    return nullptr;
  }
  found->second->network.go_direct(network, std::move(endpoint));
  return &*found->second->link;
}

void FarEngines::look() {
  timer_ = parts_.loop.after(look_every, [this] { look(); });
  for (auto each = engines_.begin(); each != engines_.end();) {
    const auto mine = each++;
    Engine& engine = *mine->second;
    const bool met = engine.feeds() != nullptr;
    if (!engine.network.relayed() || !directory_.forgotten(engine.id)) continue;
    if (met && (engine.feeds()->in_use() || !parts_.on_forgotten(engine.client))) continue;
    base::log::info("A Docker Engine is forgotten that no instance reaches any more", {{"id", engine.id}});
    directory_.forget(std::string(engine.id));
    engines_.erase(mine);
  }
}

}  // namespace app
