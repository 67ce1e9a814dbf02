#include "sim/feeds_instance.hpp"

#include <gtest/gtest.h>

#include "bus/memory_bus.hpp"
#include "bus/redis_bus.hpp"
#include "lease/memory_lease.hpp"
#include "lease/redis_lease.hpp"
#include "redis/address.hpp"
#include "ws/decoder.hpp"

namespace sim {

using namespace std::chrono_literals;
namespace json = boost::json;

FeedsInstance::FeedsInstance(net::SimWorld& world, const std::string& host, bool redis, feeds::Settings settings)
    : of_(world),
      near_(world.host(host).make_loop()),
      settings_(settings),
      hub_(redis ? 4 << 20 : 64 << 10),
      overview_(near_.loop(), hub_, {this}, !redis) {
  if (redis) {
    const auto address = redis::parse_address("redis://redis:6379");
    commands_ = std::make_unique<redis::Client>(near_, *address);
    bus_ = std::make_unique<bus::RedisBus>(near_, *address, bus::RedisBus::Settings{});
    lease_ = std::make_unique<lease::RedisLease>(near_.loop(), *commands_, host);
  } else {
    bus_ = std::make_unique<bus::MemoryBus>(near_.loop());
    lease_ = std::make_unique<lease::MemoryLease>(near_.loop(), host);
  }
  fanout_.set_observer(*this);
  hub_.add_loop(mailbox_);
  start();
}

FeedsInstance::~FeedsInstance() = default;

void FeedsInstance::start() {
  link_.emplace(
      app::EngineLink::Parts{client_, *bus_, *lease_, settings_.lease_ttl}, [](const std::string&) { return true; },
      [this](const std::string& engine, feeds::EngineEvents& events) {
        return std::make_unique<feeds::Feeds>(
            feeds::LogFeeds::Parts{near_.loop(), client_, *bus_, *lease_, hub_, {this}}, settings_, engine, events,
            overview_);
      });
}

void FeedsInstance::on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& subscribed) {
  subscribed_[name.session.slot] = subscribed;
}

void FeedsInstance::on_refused(const hub::FollowerName& name, const base::Error& error) {
  refused_[name.session.slot] = error.fault;
}

void FeedsInstance::on_ended(const hub::FollowerName& name) {
  if (ended_.insert(name.session.slot).second) unfollow(hub::Follower{0, name});
}

void FeedsInstance::on_behind(const hub::FollowerName& name, const hub::Joint& joint) {
  near_.loop().post([this, name, joint] {
    overview_.on_behind({0, name});
    feeds().on_behind({0, name}, joint);
  });
}

std::uint32_t FeedsInstance::follow(feeds::Source source, const std::string& container, const std::string& since) {
  feeds::Follow asked;
  asked.source = source;
  asked.container = container;
  asked.start.events = docker::EventPositions::parse(since);
  return follow(std::move(asked));
}

std::uint32_t FeedsInstance::follow(feeds::Follow follow) {
  const std::uint32_t slot = slots_++;
  follow.follower = {0, {fanout_.open(slot, static_cast<int>(slot)), fanout_.add_subscription(slot)}};
  follow.shape.form = feeds::Form::line;
  follows_[slot] = follow;
  ask(follow);
  EXPECT_TRUE(of_.run_until([&] { return subscribed_.contains(slot) || refused_.contains(slot); }, 10s));
  return slot;
}

void FeedsInstance::ask(const feeds::Follow& follow) {
  if (feeds::Overview::tells(follow.source)) return overview_.follow(follow);
  feeds().follow(follow);
}

void FeedsInstance::unfollow(const hub::Follower& follower) {
  overview_.unfollow(follower);
  feeds().unfollow(follower);
}

std::vector<json::object> FeedsInstance::heard(std::uint32_t slot) {
  std::string bytes = std::exchange(sockets_.peers[static_cast<int>(slot)].received, {});
  std::span<char> rest(bytes);
  ws::Decoder decoder;
  std::vector<json::object> all;
  for (;;) {
    const ws::Event event = decoder.next(rest, {.message_bytes_max = 1 << 24, .masked = false});
    if (event.kind == ws::Event::Kind::ping) {
      fanout_.on_echo(slot);
      continue;
    }
    if (event.kind != ws::Event::Kind::text) return all;
    all.push_back(json::parse(json::string_view(event.text.data(), event.text.size())).as_object());
  }
}

std::vector<std::string> FeedsInstance::said(std::uint32_t slot) {
  std::vector<std::string> all;
  for (const json::object& message : heard(slot)) all.push_back(in_short(message));
  return all;
}

std::string FeedsInstance::in_short(const json::object& message) {
  const std::string type = text(message.at("type"));
  if (type == "status") return text(message.at("state"));
  if (type == "docker_event") return text(message.at("event").at("Action"));
  if (type == "container_event") return text(message.at("Action"));
  if (type == "containers") return "list " + std::to_string(message.at("containers").as_array().size());
  if (type == "container") return text(message.at("change")) + " " + text(message.at("container").at("state"));
  return type;
}

}  // namespace sim
