// TwoEngines: a fixture: two Engines, an instance beside each and one beside none, one Redis. Whole instances on the
// simulated net; followers' lines are judged by the witness.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contract/heard.hpp"
#include "http/client.hpp"
#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"
#include "sim/sim_follower.hpp"
#include "sim/sim_instance.hpp"
#include "sim/sim_redis.hpp"
#include "sim/sim_writer.hpp"
#include "sim/site.hpp"

namespace sim {

class TwoEngines : public testing::Test {
 protected:
  TwoEngines() {
    stage_.settled = [] { return std::int64_t{0}; };
    stage_.fail = [this](const std::string& what) {
      if (failed_.empty()) failed_ = what;
    };
    start_instance("ia", "a");
    start_instance("ib", "b");
    start_instance("none", "nowhere");
    world_.run_for(std::chrono::seconds(10));  // all know all Engines
  }

  void start_instance(const std::string& name, const std::string& engine) {
    app::Settings settings = SimInstance::settings(name);
    settings.drain_notice = std::chrono::seconds(1);
    settings.server.allowed_hosts = {name + ":8000"};
    instances_.emplace_back(world_, SimInstance::Options{settings, 1, {{}, engine, 2375}});
    instances_.back().start();
  }
  SimInstance& instance(const std::string& name) {
    return *std::find_if(instances_.begin(), instances_.end(), [&](auto& each) { return each.door().host == name; });
  }
  // "ia" anew, while the only instance beside the other Engine stands still and Redis has forgotten everything.
  void start_with_nobody_to_ask() {
    instance("ib").pause();
    instance("none").kill();
    instance("ia").kill();
    redis_.flush();
    instance("ia").start();
    world_.run_for(std::chrono::seconds(20));
  }
  SimContainer& create(SimEngine& engine, const std::string& name, const LogOptions& log = {}) {
    ContainerOptions options;
    options.name = name;
    options.log = log;
    SimContainer& container = engine.create(options);
    container.start();
    return container;
  }
  void write(SimEngine& engine, SimContainer& container, const WriterOptions& options = {.lines_per_second = 50}) {
    writers_.emplace_back(&engine == &a_ ? site_a_.loop : site_b_.loop, container, options);
  }

  // Follows the containers' logs at one of these instances, and after a cut at any of them.
  SimFollower& follow(const std::vector<std::string>& doors, const std::vector<SimContainer*>& containers,
                      std::optional<std::uint64_t> tail = {}) {
    std::vector<SimFollower::Channel> channels;
    for (SimContainer* each : containers) {
      truths_.emplace_back(each->log(), false);
      Witness::Wish wish;
      wish.tail = tail;
      channels.push_back({truths_.back(), each->id(), each->id(), [] { return false; }, wish});
    }
    SimFollower::Options options;
    options.name = "f" + std::to_string(followers_.size());
    options.door = SimFollower::Door::connect;
    Stage& stage = stages_.emplace_back(stage_);
    for (const std::string& door : doors) stage.doors.push_back(instance(door).door());
    return *followers_.emplace_back(std::make_unique<SimFollower>(
        sites_.emplace_back(world_.host(options.name)).network, stage, options, channels));
  }
  bool until(const std::function<bool()>& done, net::Duration limit = std::chrono::seconds(60)) {
    return world_.run_until([&] { return !failed_.empty() || done(); }, limit) && failed_.empty();
  }
  bool all_go() {
    return std::all_of(followers_.begin(), followers_.end(),
                       [](auto& each) { return each->going_for() > std::chrono::seconds(0); });
  }
  std::string incomplete() {
    for (auto& each : followers_)
      if (std::string missing = each->complete(); !missing.empty()) return each->options().name + ": " + missing;
    return {};
  }
  // Nobody writes any more, and everybody has everything.
  void expect_all_complete() {
    writers_.clear();
    EXPECT_TRUE(until([this] { return incomplete().empty(); })) << incomplete();
    EXPECT_EQ(failed_, "");
  }

  struct Answer {
    int status = 0;
    boost::json::value body;
  };
  Answer get(const std::string& at, const std::string& path) {
    http::Client client(client_.network, instance(at).door());
    http::Call call;
    call.target = path;
    call.within = std::chrono::seconds(60);
    std::optional<base::Result<http::Reply>> reply;
    const net::Job job(contract::keep(client.fetch(std::move(call)), reply));
    EXPECT_TRUE(world_.run_until([&] { return reply.has_value(); }, std::chrono::seconds(61)));
    if (!reply || !*reply) return {};
    std::error_code error;
    boost::json::value body = boost::json::parse((*reply)->body, error);
    if (error) body = boost::json::value(boost::json::string((*reply)->body));
    return {(*reply)->status, std::move(body)};
  }
  // "name engine"
  std::vector<std::string> listed(const Answer& answer) {
    std::vector<std::string> all;
    for (const boost::json::value& each : answer.body.at("containers").as_array())
      all.push_back(text(each.at("name")) + " " + text(each.at("engine")));
    return all;
  }
  static std::string text(const boost::json::value& value) { return std::string(value.as_string()); }

  // What a channel's stream of JSON lines says, in the background.
  struct Ear {
    std::vector<boost::json::object> messages;
    net::Job job;
    std::vector<boost::json::object> of(std::string_view type) const {
      std::vector<boost::json::object> some;
      for (const boost::json::object& each : messages)
        if (each.at("type").as_string() == type) some.push_back(each);
      return some;
    }
    std::string position;
  };
  Ear& listen(const std::string& at, const std::string& channel, const std::string& since = {}) {
    Ear& ear = ears_.emplace_back();
    http::Call call;
    call.target = "/api/channels/" + channel + "/stream" + (since.empty() ? "" : "?since=" + since);
    call.headers.add("Accept", "application/x-ndjson");
    clients_.emplace_back(client_.network, instance(at).door());
    ear.job = net::Job(hear(clients_.back(), std::move(call), ear));
    return ear;
  }
  static net::Task<void> hear(http::Client& client, http::Call call, Ear& ear) {
    auto body = co_await client.open(std::move(call));
    if (!body) co_return;
    std::string unread;
    for (;;) {
      auto run = co_await (*body)->next();
      if (!run || run->empty()) co_return;
      unread += *run;
      for (std::size_t end; (end = unread.find('\n')) != unread.npos; unread.erase(0, end + 1)) {
        if (end == 0) continue;
        boost::json::object message = boost::json::parse(unread.substr(0, end)).as_object();
        if (message.contains("position")) ear.position = text(message.at("position"));
        ear.messages.push_back(std::move(message));
      }
    }
  }
  static std::vector<std::string> actions(const Ear& ear) {
    std::vector<std::string> all;
    for (const boost::json::object& each : ear.of("docker_event")) all.push_back(text(each.at("event").at("Action")));
    return all;
  }
  static std::vector<std::string> states(const Ear& ear) {
    std::vector<std::string> all;
    for (const boost::json::object& each : ear.of("status"))
      all.push_back(text(each.at("state")) + (each.contains("engine") ? " " + text(each.at("engine")) : ""));
    return all;
  }
  net::SimWorld world_{1};
  Site site_a_{world_.host("a")}, site_b_{world_.host("b")}, site_redis_{world_.host("redis")};
  Site client_{world_.host("client")};
  SimEngine a_{site_a_.network, {{}, "a", 2375}, {.engine_id = "ENGINE-A"}};
  SimEngine b_{site_b_.network, {{}, "b", 2375}, {.engine_id = "ENGINE-B"}};
  SimRedis redis_{site_redis_.network, {{}, "redis", 6379}};
  Stage stage_;
  std::string failed_;
  std::deque<LogTruth> truths_;
  std::deque<SimWriter> writers_;
  std::deque<SimInstance> instances_;
  std::deque<Stage> stages_;
  std::deque<Site> sites_;
  std::deque<std::unique_ptr<SimFollower>> followers_;
  std::deque<http::Client> clients_;
  std::deque<Ear> ears_;
};

}  // namespace sim
