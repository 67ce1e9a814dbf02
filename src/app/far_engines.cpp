#include "app/far_engines.hpp"

#include "base/log.hpp"

namespace app {

using namespace std::chrono_literals;

constexpr net::Duration look_every = 1min, forgotten_after = 10min;
constexpr net::Duration redis_patience = 10s;  // from the start on: then those that are known are all

FarEngines::Engine::Engine(FarEngines& home, const std::string& id_in)
    : id(id_in),
      network(home.asker_, id),
      client(network, net::Endpoint{{}, "tunnel", 0}),
      link(
          {client, home.parts_.bus, home.parts_.lease, home.parts_.lease_ttl},
          [this](const std::string& says) { return is(says); },
          [&home, this](const std::string&, feeds::EngineEvents& events) { return home.introduce(*this, events); }) {}

// The word of the Engine itself counts: its feeds write its id into positions and leases.
bool FarEngines::Engine::is(const std::string& says) const {
  if (says == id) return true;
  base::log::warn("An Engine is not the one that another instance says it is", {{"said", id}, {"is", says}});
  return false;
}

FarEngines::FarEngines(Parts parts, std::string name)
    : parts_(std::move(parts)),
      begun_(parts_.loop.now()),
      directory_(
          {parts_.loop, parts_.bus}, name, [this](const std::string& id) { on_heard(id); }, parts_.on_asked),
      asker_({parts_.loop, parts_.bus}, directory_, name) {
  look();
}

bool FarEngines::known() const { return directory_.settled() || parts_.loop.now() - begun_ > redis_patience; }

void FarEngines::on_heard(const std::string& id) {
  if (id == own_ || engines_.contains(id)) return;
  base::log::info("Another instance reaches a Docker Engine", {{"id", id}});
  engines_.emplace(id, std::make_unique<Engine>(*this, id));
}

std::unique_ptr<feeds::Feeds> FarEngines::introduce(Engine& engine, feeds::EngineEvents& events) {
  auto feeds = parts_.make_feeds(engine.client, engine.id, events);
  parts_.on_far({engine.client, engine.id, feeds.get(), [&engine] { return !engine.link.down(); }});
  return feeds;
}

const EngineLink* FarEngines::take_over(const std::string& id, net::Network& network, net::Endpoint endpoint) {
  own_ = id;
  const auto found = engines_.find(id);
  if (found == engines_.end()) return nullptr;
  found->second->network.go_direct(network, std::move(endpoint));
  return &found->second->link;
}

void FarEngines::look() {
  timer_ = parts_.loop.after(look_every, [this] { look(); });
  for (auto each = engines_.begin(); each != engines_.end();) {
    const auto mine = each++;
    Engine& engine = *mine->second;
    const auto heard = directory_.heard(engine.id);
    const bool silent = !heard || parts_.loop.now() - *heard > forgotten_after;
    const bool followed = engine.link.feeds() != nullptr && !engine.link.feeds()->channels().empty();
    if (engine.network.direct() || !silent || followed || !parts_.on_forgotten(engine.client)) continue;
    base::log::info("A Docker Engine is forgotten that no instance reaches any more", {{"id", engine.id}});
    directory_.forget(std::string(engine.id));
    engines_.erase(mine);
  }
}

}  // namespace app
