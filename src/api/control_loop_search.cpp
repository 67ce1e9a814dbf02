// ControlLoop, where it looks for the Engine that has a container.
#include "api/control_loop.hpp"

namespace api {

base::Error ControlLoop::judged(base::Error error, const std::optional<std::uint64_t>& engine) const {
  if (error.fault != base::Fault::not_found || !engine || !engines_.may_be(*engine)) return error;
  error.fault = base::Fault::unavailable;
  error.message += ". It was read from a Docker Engine of which this instance has not heard yet.";
  return error;
}

void ControlLoop::resolve(net::Loop& asker, Sought sought, OnResolved on_resolved) {
  parts_.loop.post([this, &asker, sought = std::move(sought), on_resolved = std::move(on_resolved)]() mutable {
    auto& askers = wanted_[sought.name];
    askers.push_back({asker, sought.engine, std::move(on_resolved)});
    if (askers.size() == 1) jobs_.start(find(std::move(sought.name)));
  });
}

net::Task<void> ControlLoop::find(std::string name) {
  Resolution resolution{base::Error{}};
  auto answer = co_await found(name, resolution.candidates);
  resolution.id = answer ? base::Result<std::string>(answer->what.container->id) : answer.error();
  auto askers = wanted_.extract(name);
  for (Asker& each : askers.mapped()) {
    Resolution its = resolution;
    if (!its.id) its.id = judged(its.id.error(), each.engine);
    each.loop.post([resolution = std::move(its), on_resolved = std::move(each.on_resolved)]() mutable {
      on_resolved(resolution);
    });
  }
}

net::Task<base::Result<Engines::Found>> ControlLoop::found(std::string name,
                                                           std::vector<docker::Candidate>& candidates) {
  const auto place = co_await questions_.enter_within(question_patience);
  if (!place) co_return place.error();
  auto answer = co_await engines_.find(std::move(name), candidates);
  co_return std::move(answer);
}

// Of the container of that full id.
net::Task<base::Result<feeds::Feeds*>> ControlLoop::feeds_of(std::string container) {
  const Engines::Engine* home = engines_.home_of(container);
  if (home == nullptr) co_return co_await feeds_found(std::move(container));
  if (home->feeds == nullptr) co_return no_engine_yet();
  co_return home->feeds;
}

net::Task<base::Result<feeds::Feeds*>> ControlLoop::feeds_found(std::string container) {
  std::vector<docker::Candidate> candidates;
  auto answer = co_await found(std::move(container), candidates);
  if (!answer) co_return answer.error();
  if (answer->at.feeds == nullptr) co_return no_engine_yet();
  co_return answer->at.feeds;
}

net::Task<void> ControlLoop::look_for(hub::Follower follower) {
  const std::string container = looked_for_.at(follower).container;
  auto feeds = co_await feeds_found(container);
  const auto asked = looked_for_.find(follower);
  if (asked == looked_for_.end() || asked->second.container != container) co_return;
  feeds::Follow follow = std::move(looked_for_.extract(asked).mapped());
  if (feeds) {
    (*feeds)->follow(std::move(follow));
    co_return;
  }
  drop(follower);  // it may have been followed before, and its number is free now
  const bool elsewhere = comes_from_elsewhere(follow);
  refuse(follower, elsewhere ? judged(feeds.error(), follow.start.after->engine) : feeds.error());
}

// A position in its log says where it is, also while that Engine does not answer.
const Engines::Engine* ControlLoop::home_of(const feeds::Follow& follow) const {
  if (comes_from_elsewhere(follow)) return nullptr;
  const Engines::Engine* home = engines_.home_of(follow.container);
  if (home != nullptr || !follow.start.after) return home;
  const docker::Position& after = *follow.start.after;
  return docker::container_key(follow.container) == after.container ? engines_.of_key(after.engine) : nullptr;
}

bool ControlLoop::comes_from_elsewhere(const feeds::Follow& follow) const {
  const auto& after = follow.start.after;
  return after && docker::container_key(follow.container) == after->container && engines_.may_be(after->engine);
}

}  // namespace api
