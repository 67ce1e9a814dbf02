#include "sim/plan.hpp"

#include <algorithm>
#include <array>

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, fault_kinds> fault_names = {"link cut",
                                                                   "link stalled",
                                                                   "one way lost",
                                                                   "both ways lost",
                                                                   "engine's connections cut",
                                                                   "engine stalled",
                                                                   "engine killed",
                                                                   "engine clock stepped",
                                                                   "redis restarted",
                                                                   "redis stalled",
                                                                   "redis flushed",
                                                                   "redis failed over",
                                                                   "redis clock stepped",
                                                                   "subscribers killed",
                                                                   "publications lost",
                                                                   "last publication lost",
                                                                   "lease lost",
                                                                   "leases refused",
                                                                   "instance paused",
                                                                   "instance killed",
                                                                   "instance drained",
                                                                   "readers killed"};

net::Duration between(net::Random& random, net::Duration least, net::Duration most) {
  return least + net::Duration(random.below(static_cast<std::uint64_t>((most - least).count()) + 1));
}

template <class T>
T one_of(net::Random& random, std::initializer_list<T> values) {
  return *(values.begin() + random.below(values.size()));
}

bool needs_redis(Fault fault) {
  return (fault >= Fault::restart_redis && fault <= Fault::refuse_leases) || fault == Fault::kill_readers;
}

LogOptions draw_log(net::Random& random) {
  LogOptions log;
  log.driver = random.chance(0.6) ? LogDriver::json_file : LogDriver::local;
  const bool rotates = log.driver == LogDriver::local || random.chance(0.5);
  if (!rotates) return log;
  log.max_size = one_of<std::uint64_t>(random, {3'000, 10'000, 40'000, 200'000, 1'000'000, 1'000'000});
  log.max_file = static_cast<int>(1 + random.below(5));
  return log;
}

WriterOptions draw_writer(net::Random& random) {
  WriterOptions writer;
  writer.lines_per_second = one_of(random, {0.3, 2.0, 10.0, 40.0});
  writer.err_share = one_of(random, {0.0, 0.05, 0.3, 0.5});
  writer.bytes_max = one_of<std::size_t>(random, {20, 120, 400});
  writer.long_share = one_of(random, {0.0, 0.0, 0.01});
  writer.burst_share = one_of(random, {0.0, 0.005, 0.01});
  writer.burst_lines_max = one_of<std::uint64_t>(random, {30, 200, 500});
  return writer;
}

ContainerPlan draw_container(net::Random& random, std::size_t number, net::Duration chaos) {
  using Step = LifePlan::Step;
  ContainerPlan plan;
  plan.options.name = "web" + std::to_string(number);
  plan.options.tty = random.chance(0.15);
  plan.options.log = draw_log(random);
  plan.writer = draw_writer(random);
  if (plan.options.log.max_size >= 1'000'000) {  // so much that it rotates
    plan.writer.bytes_max = 1'600;
    plan.writer.lines_per_second = one_of(random, {1.0, 2.0, 5.0});
    plan.writer.burst_share = 0.02;
    plan.writer.burst_lines_max = 6'000;  // twice in one burst, often: a follow that is behind skips files
  }
  for (std::uint64_t steps = random.chance(0.5) ? random.below(5) : 0; steps > 0; --steps) {
    const net::Duration at = between(random, 500ms, chaos);
    const Step step = one_of(random, {Step::exit, Step::stop, Step::kill, Step::restart, Step::restart, Step::pause});
    plan.life.push_back({step, at});
    if (step != Step::restart) plan.life.push_back({Step::start, at + between(random, 5ms, 6s)});
  }
  for (std::uint64_t odd = random.below(4); odd > 0; --odd)
    plan.life.push_back({Step::odd_line, between(random, 0ms, chaos)});
  if (number > 0 && random.chance(0.15)) plan.life.push_back({Step::remove, between(random, chaos / 2, chaos)});
  std::stable_sort(plan.life.begin(), plan.life.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return plan;
}

FollowerPlan::Channel draw_channel(net::Random& random, std::size_t container, feeds::Form form) {
  FollowerPlan::Channel channel;
  channel.container = container;
  channel.asked = static_cast<int>(random.below(3));
  channel.wish.form = form;
  const auto streams = random.below(8);
  channel.wish.out = streams != 0;
  channel.wish.err = streams != 1;
  switch (random.below(5)) {
    case 0:
      channel.wish.tail = 0;
      break;
    case 1:
      channel.wish.tail = 1 + random.below(50);
      break;
    case 2:
      channel.since_ago = between(random, 0s, 20s);
      break;
    case 3:
      channel.since_ago = between(random, 0s, 20s);
      channel.wish.tail = random.below(100);
      break;
    default:
      break;
  }
  return channel;
}

FollowerPlan draw_follower(net::Random& random, std::size_t number, const Plan& world) {
  using Door = SimFollower::Door;
  using Pace = SimFollower::Pace;
  FollowerPlan plan;
  plan.options.name = "f" + std::to_string(number);
  plan.options.door = one_of(random, {Door::quiet_path, Door::path, Door::connect, Door::subscribe});
  const bool batches = plan.options.door == Door::path || (plan.options.door != Door::quiet_path && random.chance(0.7));
  const auto form = plan.options.door == Door::quiet_path ? feeds::Form::quiet_line
                    : batches                             ? feeds::Form::batch
                                                          : feeds::Form::line;
  plan.options.pace = one_of(random, {Pace::fast, Pace::fast, Pace::fast, Pace::slow, Pace::stalling});
  plan.options.slow_bytes = one_of<std::size_t>(random, {256, 2'048, 8'192});
  plan.options.slow_pause = one_of<net::Duration>(random, {20ms, 200ms, 1s});
  plan.options.stall_max = one_of<net::Duration>(random, {3s, 15s, 90s});
  const bool many = plan.options.door == Door::connect || plan.options.door == Door::subscribe;
  for (std::size_t c = 0; c < world.containers.size(); ++c) {
    if (many && random.chance(0.5)) plan.channels.push_back(draw_channel(random, c, form));
  }
  if (plan.channels.empty()) plan.channels.push_back(draw_channel(random, random.below(world.containers.size()), form));
  plan.joins = random.chance(0.5) ? between(random, 0ms, 500ms) : between(random, 0ms, world.chaos * 3 / 4);
  if (random.chance(0.15)) plan.leaves = plan.joins + between(random, 0ms, world.chaos / 2);
  for (std::uint64_t n = random.below(3); n > 0; --n) plan.hangs_up.push_back(between(random, 0ms, world.chaos));
  return plan;
}

net::Duration draw_length(net::Random& random, Fault fault, net::Duration ttl) {
  switch (fault) {
    case Fault::pause_instance:
      return random.chance(0.5) ? ttl * 3 + between(random, 0s, 2s) : between(random, 50ms, 5s);
    case Fault::stall_link:
      return between(random, 100ms, 4s);
    case Fault::lose_publications:
      return between(random, 500ms, 10s);
    default:
      return random.chance(0.5) ? between(random, 50ms, 2s) : between(random, 2s, 14s);
  }
}

net::SimFaults draw_net(net::Random& random) {
  net::SimFaults faults;
  if (random.chance(0.3)) return faults;
  faults.slice = one_of(random, {0.0, 0.05, 0.3});
  faults.short_send = one_of(random, {0.0, 0.02});
  faults.stall = one_of(random, {0.0, 0.0, 0.001});
  faults.cut = one_of(random, {0.0, 0.05, 0.2});
  faults.refuse = one_of(random, {0.0, 0.02});
  return faults;
}

std::vector<FaultPlan> draw_faults(net::Random& random, const Plan& world) {
  std::vector<FaultPlan> faults;
  for (std::uint64_t n = random.below(6); n > 0; --n) {
    FaultPlan fault;
    fault.fault = static_cast<Fault>(random.below(fault_kinds));
    if (world.embedded && needs_redis(fault.fault)) continue;
    fault.at = between(random, 200ms, world.chaos);
    fault.lasts = draw_length(random, fault.fault, world.lease_ttl);
    fault.which = random.next();
    faults.push_back(fault);
  }
  std::stable_sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return faults;
}

// Redis away for long and nothing else wrong: who follows must hear of it, and chance makes few such worlds.
void leave_only_an_outage(net::Random& random, Plan& plan) {
  plan.net = {};
  plan.chaos = std::max<net::Duration>(plan.chaos, 20s);
  FaultPlan outage;
  outage.fault = one_of(random, {Fault::restart_redis, Fault::stall_redis});
  outage.at = between(random, 200ms, 5s);
  outage.lasts = between(random, 7s, 14s);
  plan.faults = {outage};
}

}  // namespace

std::string name_of(Fault fault) { return std::string(fault_names[static_cast<std::size_t>(fault)]); }

Plan draw_plan(net::Random& random) {
  Plan plan;
  plan.generation = random.chance(0.5) ? Generation::docker_26 : Generation::docker_20;
  if (random.chance(0.5)) plan.follow_byte = one_of(random, {33ns, 100ns});
  plan.embedded = random.chance(0.15);
  plan.instances = plan.embedded ? 1 : 1 + random.below(3);
  plan.serving_loops = static_cast<unsigned>(1 + random.below(2));
  plan.ring_bytes = one_of<std::size_t>(random, {8 * 1024, 64 * 1024, 1024 * 1024});
  plan.lease_ttl = one_of<net::Duration>(random, {2s, 3s, 10s});
  plan.linger = one_of<net::Duration>(random, {0s, 3s, 30s});
  plan.bus = {.channel_bytes_s = one_of<std::uint64_t>(random, {4'000, 64'000, 2'000'000}),
              .instance_bytes_s = one_of<std::uint64_t>(random, {8'000, 20'000'000}),
              .calm = one_of<net::Duration>(random, {1s, 3s})};
  plan.lone = {.reads_s = one_of<std::uint32_t>(random, {2, 20}), .follows = one_of<std::size_t>(random, {1, 200})};
  plan.chaos = between(random, 5s, 40s);
  plan.watched_to_the_end = random.chance(0.7);
  plan.net = draw_net(random);
  for (std::size_t n = 1 + random.below(3), i = 0; i < n; ++i)
    plan.containers.push_back(draw_container(random, i, plan.chaos));
  for (std::size_t n = 1 + random.below(6), i = 0; i < n; ++i) plan.followers.push_back(draw_follower(random, i, plan));
  plan.faults = draw_faults(random, plan);
  if (!plan.embedded && random.chance(0.04)) leave_only_an_outage(random, plan);
  // Where rotation may take what was written before the clock went back, nobody can know all (docs/log-cursor.md).
  const bool steps = std::any_of(plan.faults.begin(), plan.faults.end(),
                                 [](const FaultPlan& each) { return each.fault == Fault::step_engine_clock; });
  if (steps) {
    for (ContainerPlan& each : plan.containers) each.options.log = LogOptions{};
  }
  plan.last_words_lost = random.chance(0.5);
  return plan;
}

}  // namespace sim
