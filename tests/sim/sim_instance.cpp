#include "sim/sim_instance.hpp"

#include "app/load_settings.hpp"
#include "base/check.hpp"

namespace sim {
namespace {

app::Place place_on(net::SimHost& host, net::SimNetwork& network, std::deque<net::SimSockets>& sockets,
                    unsigned loops) {
  app::Place place{network.loop(), network, {}};
  for (unsigned i = 0; i < loops; ++i) {
    net::SimLoop& loop = host.make_loop();
    place.serving.push_back({loop, sockets.emplace_back(loop)});
  }
  return place;
}

}  // namespace

app::Settings SimInstance::settings(const std::string& name) {
  app::Loaded loaded = app::load_settings({});
  CHECK(loaded.mistakes.empty());
  app::Settings settings = std::move(loaded.settings);
  settings.instance_id = settings.listen = name;
  settings.port = 8000;
  settings.auth = app::Auth::none;
  settings.redis_url = "redis://redis:6379";
  return settings;
}

SimInstance::Process::Process(net::SimHost& host, const Options& options)
    : control(host.make_loop()),
      network(control),
      instance(place_on(host, network, sockets, options.serving_loops), options.settings, options.engine) {}

SimInstance::SimInstance(net::SimWorld& world, const Options& options)
    : world_(world), options_(options), host_(world.host(options.settings.listen)) {}

SimInstance::~SimInstance() { kill(); }

void SimInstance::start() {
  if (process_) return;
  process_ = std::make_unique<Process>(host_, options_);
  CHECK(process_->instance.listen());
}

void SimInstance::kill() {
  if (!process_) return;
  draining_ = false;
  host_.kill();
  process_.reset();
}

void SimInstance::drain() {
  if (!process_ || draining_) return;
  draining_ = true;
  // Told and ended from outside the process, as by a signal and by its own main().
  auto end = [this, which = host_.incarnation()] {
    world_.schedule(nullptr, net::Duration(0), [this, which] {
      if (host_.incarnation() == which) kill();
    });
  };
  process_->control.post([process = process_.get(), end] { process->instance.drain(end); });
  world_.schedule(nullptr, options_.settings.drain_grace, end);
}

}  // namespace sim
