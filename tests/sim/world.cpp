#include "sim/world.hpp"

#include <algorithm>

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t events_max = 20'000'000;  // of one world: beyond, something turns without end
constexpr net::Duration healed_within = 60s;      // everybody has everything by then

app::Settings settings_of(const Plan& plan, std::size_t number) {
  app::Settings settings = SimInstance::settings("i" + std::to_string(number));
  if (plan.embedded) settings.redis_url.clear();
  settings.ring_bytes = plan.ring_bytes;
  settings.feeds.lease_ttl = plan.lease_ttl;
  settings.feeds.linger = plan.linger;
  settings.feeds.bus = plan.bus;
  settings.feeds.lone = plan.lone;
  settings.drain_notice = 1s;
  settings.drain_grace = 5s;
  return settings;
}

// Text that is hard for somebody on its way.
// `endless`: perhaps one of more than 1 MiB. Not where a log rotates: who begins in the middle of it cuts it elsewhere;
// nor where the clock steps (docs/log-cursor.md).
std::string odd_line(net::Random& random, bool endless) {
  switch (random.below(8)) {
    case 0:
      return "";
    case 1:
      return "\"quoted\" \\ \x1b[31mred\x1b[0m \x01\t\x7f nul:" + std::string(1, '\0');
    case 2:
      return "bad \xff\xfe \xc3 utf-8 \xed\xa0\x80";
    case 3:
      return std::string(16'383, 'x') + "\xc3\xa9 on the border";
    case 4:
      return std::string(16'384, 'x');
    case 5:
      return std::string(32'768 + random.below(3) - 1, 'x');
    case 6:
      return endless && random.chance(0.2) ? std::string(1'200'000 + random.below(1'000'000), 'm')
                                           : "carriage\rreturn\r";
    default:
      return "\xf0\x9f\x90\xb3 {\"json\":true} </script>";
  }
}

}  // namespace

World::World(std::uint64_t seed, Say say) : net_(seed), say_(std::move(say)) {
  net::Random random(seed ^ 0x5eed);
  plan_ = draw_plan(random);
  stage_.settled = [this] { return settled(); };
  stage_.fail = [this](const std::string& what) { fail(what); };
  if (say_) stage_.say = [this](const std::string& who, const std::string& what) { this->say(who, what); };
  docker_ = std::make_unique<Site>(net_.host("docker"));
  EngineOptions options;
  options.generation = plan_.generation;
  options.follow_byte = plan_.follow_byte;
  engine_ = std::make_unique<SimEngine>(docker_->network, net::Endpoint{{}, "docker", 2375}, options);
  if (!plan_.embedded) {
    redis_site_ = std::make_unique<Site>(net_.host("redis"));
    redis_ = std::make_unique<SimRedis>(redis_site_->network, net::Endpoint{{}, "redis", 6379});
    redis_->lose([this](std::string_view channel, std::string_view frame) { return on_delivery(channel, frame); });
  }
}

World::~World() {
  followers_.clear();
  instances_.clear();
  containers_.clear();
  redis_.reset();
  engine_.reset();
}

void World::say(const std::string& who, const std::string& what) const {
  if (say_) say_(net_.now().time_since_epoch(), who, what);
}

void World::fail(const std::string& what) {
  say("!!", what);
  if (broken_.empty()) broken_ = what;
}

bool World::run_until(const std::function<bool()>& done, net::Duration limit) {
  std::uint64_t events = 0;
  const bool did = net_.run_until(
      [&] {
        if (++events > events_max) fail("too much happens: something turns without end");
        return !broken_.empty() || done();
      },
      limit);
  return did && broken_.empty();
}

bool World::run_for(net::Duration duration) {
  run_until([] { return false; }, duration);
  return broken_.empty();
}

void World::at(net::Duration when, std::function<void()> what) { net_.schedule(nullptr, when, std::move(what)); }

Verdict World::run() {
  watch_requests(0);
  create_containers();
  run_for(net::Duration(net_.random().below(3'000'000'000)));
  create_instances();
  net_.faults() = plan_.net;
  schedule_all();
  run_for(plan_.chaos);
  if (broken_.empty()) heal();
  run_for(3s);
  if (broken_.empty()) last_words();
  if (broken_.empty()) {
    std::string missing;
    net::Duration waited{};
    for (missing = everybody_has_everything(); !missing.empty() && waited < healed_within; waited += 50ms) {
      if (!run_for(50ms)) break;
      missing = everybody_has_everything();
    }
    if (!missing.empty()) fail("a minute after all is healed: " + missing);
    auto& longest = stage_.tally["max: seconds until everybody had everything"];
    longest = std::max(longest, static_cast<std::uint64_t>(waited / 1s));
  }
  if (broken_.empty()) check_at_rest();
  if (broken_.empty() && !plan_.watched_to_the_end) check_nobody_is_served();
  count();
  return {broken_, stage_.tally, net_.now().time_since_epoch(), net_.trace()};
}

void World::create_containers() {
  for (const ContainerPlan& plan : plan_.containers) {
    SimContainer& container = engine_->create(plan.options);
    containers_.push_back(std::make_unique<Container>(container));
    container.start();
    containers_.back()->writer = std::make_unique<SimWriter>(docker_->loop, container, plan.writer);
  }
}

void World::create_instances() {
  for (std::size_t i = 0; i < plan_.instances; ++i) {
    SimInstance::Options options{settings_of(plan_, i), plan_.serving_loops, {{}, "docker", 2375}};
    instances_.push_back(std::make_unique<SimInstance>(net_, options));
    stage_.doors.push_back(instances_.back()->door());
    instances_.back()->start();
  }
}

void World::add_follower(const FollowerPlan& plan) {
  std::vector<SimFollower::Channel> channels;
  for (const auto& each : plan.channels) {
    Container& on = *containers_[each.container];
    Witness::Wish wish = each.wish;
    wish.undisturbed = plan_.faults.empty() && plan_.net.cut + plan_.net.refuse + plan_.net.stall == 0;
    if (each.since_ago) wish.since_ns = engine_->wall() - each.since_ago->count();
    const std::string& id = on.container.id();
    const std::string asked = each.asked == 0 ? id : each.asked == 1 ? id.substr(0, 12) : on.container.options().name;
    channels.push_back({on.truth, id, asked, [&on] { return on.container.removing(); }, wish});
  }
  Follower follower;
  follower.site = std::make_unique<Site>(net_.host(plan.options.name));
  follower.follower = std::make_unique<SimFollower>(follower.site->network, stage_, plan.options, channels);
  follower.leaves = plan.leaves.has_value();
  SimFollower* one = follower.follower.get();
  followers_.push_back(std::move(follower));
  if (plan.leaves) at(*plan.leaves, [one] { one->leave(); });
  for (const auto when : plan.hangs_up) {
    at(when, [this, one] {
      if (chaos_) one->hang_up();
    });
  }
}

void World::schedule_all() {
  for (const FollowerPlan& plan : plan_.followers) at(plan.joins, [this, &plan] { add_follower(plan); });
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    for (const LifePlan& life : plan_.containers[i].life) at(life.at, [this, i, step = life.step] { live(i, step); });
  }
  for (const FaultPlan& fault : plan_.faults) {
    at(fault.at, [this, &fault] {
      if (chaos_) strike(fault);
    });
  }
}

void World::live(std::size_t number, LifePlan::Step step) {
  SimContainer& container = containers_[number]->container;
  if (container.removing()) return;
  static constexpr std::array<const char*, 8> names = {"exits",  "is stopped", "is killed",  "is restarted",
                                                       "pauses", "is removed", "is started", "writes an odd line"};
  say(container.options().name, names[static_cast<std::size_t>(step)]);
  ++stage_.tally[std::string("container ") + names[static_cast<std::size_t>(step)]];
  switch (step) {
    case LifePlan::Step::exit:
      return container.exit(1);
    case LifePlan::Step::stop:
      return container.stop();
    case LifePlan::Step::kill:
      return container.kill();
    case LifePlan::Step::restart:
      return container.restart();
    case LifePlan::Step::pause:
      return container.pause();
    case LifePlan::Step::remove:
      return container.remove();
    case LifePlan::Step::start:
      container.unpause();
      return container.start();
    case LifePlan::Step::odd_line:
      return write_odd_line(container);
  }
}

void World::write_odd_line(SimContainer& container) {
  const SimStream stream = net_.random().chance(0.5) ? SimStream::out : SimStream::err;
  const bool steps = std::any_of(plan_.faults.begin(), plan_.faults.end(),
                                 [](const FaultPlan& each) { return each.fault == Fault::step_engine_clock; });
  const bool endless = container.options().log.max_size == 0 && !steps;
  container.write(stream, odd_line(net_.random(), endless) + "\n");
}

// Everything that was broken works again, nobody is slow any more.
void World::heal() {
  say("world", "heals");
  chaos_ = false;
  if (!undo_.empty()) trouble_until_ = net_.now();
  for (auto& [number, undo] : std::exchange(undo_, {})) undo();
  net_.faults() = {};
  net_.heal_all();
  for (auto& instance : instances_) {
    if (instance->draining()) instance->kill();
    instance->start();
  }
  for (auto& each : followers_) each.follower->hurry();
}

// Where their publications are lost, only a tip can tell that there was something.
void World::last_words() {
  if (plan_.last_words_lost && redis_) {
    ++stage_.tally["last words lost"];
    lost_publications_ = 1;
    at(300ms, [this] { lost_publications_ = 0; });
  }
  for (auto& each : containers_) {
    each->writer.reset();
    if (each->container.removing()) continue;
    each->container.unpause();
    for (int i = 0; i < 3; ++i) {
      each->container.write(SimStream::out, "\nthe last words " + std::to_string(i) + "\n");
      each->container.write(SimStream::err, "\nthe last words " + std::to_string(i) + "\n");
    }
  }
}

}  // namespace sim
