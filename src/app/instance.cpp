#include "app/instance.hpp"

#include <algorithm>
#include <deque>
#include <optional>

#include "api/control_loop.hpp"
#include "api/server.hpp"
#include "app/cluster.hpp"
#include "app/control_metrics.hpp"
#include "app/far_engines.hpp"
#include "app/leaving.hpp"
#include "app/messaging.hpp"
#include "app/tls_door.hpp"
#include "app/version.hpp"
#include "auth/access.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "hub/hub.hpp"
#include "net/random.hpp"
#include "tunnel/host.hpp"

namespace app {
namespace {

constexpr std::size_t mailbox_items = 4096;  // publications and orders on their way to one serving loop

auth::Settings access_settings(const Settings& settings) {
  const auth::Mode mode = asks_for_token(settings) ? auth::Mode::token : auth::Mode::none;
  return {mode, mode == auth::Mode::token ? settings.token : std::string(),
          settings.allow_query_token || settings.compat == Compat::fastapi};
}

// INSTANCE_ID is a label; what must be unique adds 64 random bits.
std::string unique_name(const std::string& label, net::Random& random) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string name = label + '-';
  for (std::uint64_t bits = random.next(), i = 0; i < 16; ++i, bits >>= 4) name += digits[bits & 15];
  return name;
}

api::ServerSettings server_settings(const Settings& settings, const std::string& name) {
  api::ServerSettings server = settings.server;
  server.instance = settings.instance_id;
  server.session_prefix = name;
  server.version = version;
  server.connections_max = std::min(server.connections_max, settings.connections_of_a_loop);
  if (speaks_tls(settings)) server.scheme = "https";
  server.health_always_200 = server.tells_channels = settings.compat == Compat::fastapi;
  return server;
}

}  // namespace

struct Instance::Body {
  Body(Place place, const Settings& settings, net::Endpoint engine);
  ~Body() { control.end(); }

  std::vector<feeds::Followers*> followers();
  std::unique_ptr<feeds::Feeds> make_feeds(docker::Client& client, const std::string& id, feeds::EngineEvents& events);
  bool welcome(const std::string& id);
  FarEngines::Parts for_far_engines();
  std::vector<feeds::Feeds*> all_feeds() const;
  const EngineLink& own_link() const { return fed_by != nullptr ? *fed_by : *link; }
  void accept(net::Accepted accepted);
  api::Facts facts();
  void tick();

  // A serving loop and what runs on it.
  struct Serving {
    Serving(Body& body, ServingPlace place, std::uint32_t number);

    net::Loop& loop;
    const std::unique_ptr<net::TlsSockets> tls;  // none: clients speak no TLS
    net::ClientSockets& sockets;
    hub::Fanout fanout;
    hub::Mailbox mailbox;
    api::Server server;
  };

  net::Loop& loop;
  net::Network& network;
  const Settings settings;
  const std::string name;  // this process' alone
  const api::ServerSettings for_servers;
  const auth::Access access;
  metrics::Registry registry;
  api::Metrics metrics;
  ControlMetrics control_metrics;
  std::optional<TlsDoor> door;
  api::Beats beats;
  api::AddressCounts addresses;
  const std::size_t beat;
  docker::Client engine;
  Cluster cluster;
  hub::Hub hub;
  api::ControlLoop control;
  Leaving leaving;
  std::deque<Serving> serving;
  std::optional<feeds::Overview> overview;
  std::optional<Messaging> messaging;
  std::optional<tunnel::Host> host;  // none, as the next one: embedded
  std::optional<FarEngines> far_engines;
  std::string engine_id;               // of the own Engine; empty: it has not said yet
  std::optional<EngineLink> link;      // last made, since it begins to talk at once
  const EngineLink* fed_by = nullptr;  // the own Engine is, instead: others had told of it before it answered
  std::unique_ptr<net::Listener> listener;
  bool bus_connected = false;  // ever
  net::Timer ticker;
  std::shared_ptr<void> alive = std::make_shared<char>();  // last: what the rest drops may ask for it
};

Instance::Body::Serving::Serving(Body& body, ServingPlace place, std::uint32_t number)
    : loop(place.loop),
      tls(body.door ? body.door->guard(place.loop, place.sockets) : nullptr),
      sockets(tls ? *tls : place.sockets),
      fanout(place.loop, sockets),
      mailbox(place.loop, mailbox_items,
              {[this](hub::Item& item) { item.apply(fanout); }, [this] { fanout.flush(); },
               [&body, number] { body.loop.post([&body, number] { body.hub.on_room(number); }); }}),
      server({place.loop, sockets, fanout, body.control, body.access, body.metrics, body.beats, body.addresses, number},
             body.for_servers) {
  CHECK(body.hub.add_loop(mailbox) == number);
  body.control.add_server(server, server, server);
}

Instance::Body::Body(Place place, const Settings& given, net::Endpoint at)
    : loop(place.control),
      network(place.network),
      settings(given),
      name(unique_name(settings.instance_id, loop.random())),
      for_servers(server_settings(settings, name)),
      access(access_settings(settings)),
      metrics(registry, settings.instance_id, std::string(version)),
      control_metrics(registry),
      addresses(loop.random().next()),
      beat(beats.add()),
      engine(network, std::move(at)),
      cluster(network, settings, name),
      hub(settings.ring_bytes),
      control({loop, hub, cluster.roster()}),
      leaving({loop, settings, metrics, [this] { listener.reset(); }, [this] { return all_feeds(); }}) {
  control.set_on_drain([this] { leaving.drain({}); });
  cluster.roster().own().set_census(control);
  if (cluster.connection_keys() != nullptr) control.set_connection_keys(*cluster.connection_keys());
  if (speaks_tls(settings)) door.emplace(loop, settings.tls, registry);
  for (std::uint32_t number = 0; number < place.serving.size(); ++number)
    serving.emplace_back(*this, place.serving[number], number);
  for (Serving& each : serving) leaving.add({each.loop, each.server});
  const bool alone = cluster.registry() == nullptr;
  overview.emplace(loop, hub, followers(), alone);
  control.set_overview(*overview);
  messaging.emplace(Messaging::Parts{loop, hub, followers(), cluster, control, name}, settings);
  control.engines().add({{}, &engine, nullptr, [this] { return !link || !link->down(); }});
  if (!alone) {
    host.emplace(tunnel::Host::Parts{network, cluster.bus(), *cluster.registry(), engine.endpoint()}, name,
                 settings.tunnel);
    far_engines.emplace(for_far_engines(), name);
    control.engines().set_known([this] { return far_engines->known(); }, [this] { return far_engines->unmet(); });
  }
  link.emplace(
      EngineLink::Parts{engine, cluster.bus(), cluster.lease(), settings.feeds.lease_ttl},
      [this](const std::string& id) { return welcome(id); },
      [this](const std::string& id, feeds::EngineEvents& events) {
        auto feeds = make_feeds(engine, id, events);
        control.engines().add({id, &engine, feeds.get(), [this] { return !link->down(); }});
        return feeds;
      });
  tick();
}

FarEngines::Parts Instance::Body::for_far_engines() {
  return {loop,
          cluster.bus(),
          *cluster.registry(),
          cluster.lease(),
          settings.feeds.lease_ttl,
          [this](docker::Client& client, const std::string& id, feeds::EngineEvents& events) {
            return make_feeds(client, id, events);
          },
          [this](const FarEngines::Far& far) {
            control.engines().add({far.id, &far.client, far.feeds, far.answers});
          },
          [this] { host->on_asked(); },
          [this](const docker::Client& client) {
            const bool idle = control.engines().idle();
            if (idle) control.engines().remove(client);
            return idle;
          }};
}

// The own Engine has said who it is.
bool Instance::Body::welcome(const std::string& id) {
  engine_id = id;
  cluster.roster().own().set_engines({id});
  if (far_engines) fed_by = far_engines->take_over(id, network, engine.endpoint());
  if (fed_by == nullptr) return true;
  control.engines().remove(engine);
  return false;
}

std::vector<feeds::Followers*> Instance::Body::followers() {
  std::vector<feeds::Followers*> all;
  for (Serving& each : serving) all.push_back(&each.server);
  return all;
}

std::vector<feeds::Feeds*> Instance::Body::all_feeds() const {
  std::vector<feeds::Feeds*> all;
  for (const api::Engines::Engine& each : control.engines().all())
    if (each.feeds != nullptr) all.push_back(each.feeds);
  return all;
}

std::unique_ptr<feeds::Feeds> Instance::Body::make_feeds(docker::Client& client, const std::string& id,
                                                         feeds::EngineEvents& events) {
  return std::make_unique<feeds::Feeds>(
      feeds::LogFeeds::Parts{loop, client, cluster.bus(), cluster.lease(), hub, followers()}, settings.feeds, id,
      events, *overview);
}

// To the loop with the fewest sockets.
void Instance::Body::accept(net::Accepted accepted) {
  const auto least = std::min_element(serving.begin(), serving.end(), [](const Serving& a, const Serving& b) {
    return a.server.load() < b.server.load();
  });
  least->server.accept(std::move(accepted));
}

api::Facts Instance::Body::facts() {
  api::Facts facts;
  facts.at = loop.now();
  facts.bus = cluster.bus().state();
  facts.bus_reason = cluster.bus().reason();
  if (const bus::RedisBus* redis = cluster.redis_bus()) {
    facts.canary_age = redis->canary_age();
    facts.deaf_in_a_row = redis->deaf_in_a_row();
  }
  facts.engine_answers = own_link().answers();
  facts.engine_answered = own_link().answered();
  facts.bus_connected = bus_connected;
  const Messaging::Facts said = messaging->facts();
  facts.channels = overview->channels().size() + said.kept + said.plain;
  for (const feeds::Feeds* each : all_feeds()) facts.channels += each->logs().facts().channels + each->live_channels();
  return facts;
}

void Instance::Body::tick() {
  beats.beat(beat, loop.now());
  bus_connected |= cluster.bus().state() == bus::State::connected;
  control.tell_channels();
  control_metrics.update(all_feeds(), messaging->facts(), cluster, own_link().answers());
  if (host) host->on_engine(engine_id, own_link().answers());
  if (listener) {
    metrics::Counter& struck = metrics.limits[api::Limit::descriptors];
    struck.add(listener->refused() - struck.value());
  }
  for (Serving& each : serving) each.loop.post([&server = each.server, now = facts()] { server.on_facts(now); });
  ticker = loop.after(api::beat_interval, [this] { tick(); });
}

Instance::Instance(Place place, const Settings& settings, net::Endpoint engine)
    : body_(std::make_unique<Body>(std::move(place), settings, std::move(engine))) {}
Instance::~Instance() = default;

base::Result<std::uint16_t> Instance::listen() {
  if (body_->door) {
    if (const auto opened = body_->door->open(); !opened) return opened.error();
  }
  auto listener = body_->network.listen(net::Endpoint{{}, body_->settings.listen, body_->settings.port},
                                        [this](net::Accepted accepted) { body_->accept(std::move(accepted)); });
  if (!listener) return listener.error();
  body_->listener = std::move(*listener);
  return body_->listener->port();
}

bool Instance::reload_certificate() {
  if (body_->door) body_->door->reload();
  return body_->door.has_value();
}

// Who has left is not among those that the others see.
void Instance::drain(net::Callback left) {
  Body& body = *body_;
  body.leaving.drain([&body, alive = std::weak_ptr<void>(body.alive), left = std::move(left)]() mutable {
    if (!alive.lock()) return;
    if (body.host) body.host->leave();
    body.cluster.leave(std::move(left));
  });
}

void Instance::hurry() { body_->leaving.hurry(); }

}  // namespace app
