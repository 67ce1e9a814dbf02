#include "api/control_loop.hpp"

namespace api {
namespace {

Resolution resolution_of(const std::string& name, const base::Result<docker::Resolved>& found) {
  if (!found) return {found.error()};
  if (found->container) return {found->container->id};
  std::string message = name + " stands for several containers:";
  for (const docker::Candidate& each : found->candidates) message += " " + each.name;
  return {base::Error{base::Fault::ambiguous, std::move(message)}, found->candidates};
}

// Before the Engine is asked: it may hang, and strangers may ask for more than it can answer.
constexpr net::Duration question_patience = std::chrono::seconds(30);

base::Error no_engine_yet() { return {base::Fault::unavailable, "The Docker Engine has not answered yet."}; }

}  // namespace

void ControlLoop::set_feeds(feeds::Feeds& feeds, std::string engine_id) {
  feeds_ = &feeds;
  engine_id_ = std::move(engine_id);
  parts_.roster.own().set_engines({engine_id_});
}

void ControlLoop::resolve(net::Loop& asker, std::string name, OnResolved on_resolved) {
  parts_.loop.post([this, &asker, name = std::move(name), on_resolved = std::move(on_resolved)]() mutable {
    auto& askers = wanted_[name];
    askers.push_back({asker, std::move(on_resolved)});
    if (askers.size() == 1) jobs_.start(find(std::move(name)));
  });
}

net::Task<void> ControlLoop::find(std::string name) {
  const auto place = co_await questions_.enter_within(question_patience);
  base::Result<docker::Resolved> found = base::Error{};
  if (place) {
    found = co_await parts_.engine.resolve(name);
  } else {
    found = place.error();
  }
  const Resolution resolution = resolution_of(name, found);
  auto askers = wanted_.extract(name);
  for (Asker& each : askers.mapped()) {
    each.loop.post([resolution, on_resolved = std::move(each.on_resolved)]() mutable { on_resolved(resolution); });
  }
}

void ControlLoop::list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers) {
  parts_.loop.post([this, &asker, query = std::move(query), on_containers = std::move(on_containers)]() mutable {
    jobs_.start(answer_list(asker, std::move(query), std::move(on_containers)));
  });
}

net::Task<void> ControlLoop::answer_list(net::Loop& asker, docker::ListQuery query, OnContainers on_containers) {
  base::Result<Containers> containers = co_await listed(std::move(query));
  asker.post([containers = std::move(containers), on_containers = std::move(on_containers)]() mutable {
    on_containers(containers);
  });
}

net::Task<base::Result<Containers>> ControlLoop::listed(docker::ListQuery query) {
  const auto place = co_await questions_.enter_within(question_patience);
  if (!place) co_return place.error();
  auto found = co_await parts_.engine.list(std::move(query));
  if (!found) co_return found.error();
  co_return Containers{engine_id_, std::move(*found)};
}

void ControlLoop::inspect(net::Loop& asker, std::string name, OnInspected on_inspected) {
  parts_.loop.post([this, &asker, name = std::move(name), on_inspected = std::move(on_inspected)]() mutable {
    jobs_.start(answer_inspect(asker, std::move(name), std::move(on_inspected)));
  });
}

net::Task<void> ControlLoop::answer_inspect(net::Loop& asker, std::string name, OnInspected on_inspected) {
  base::Result<Inspected> found = co_await look_at(std::move(name));
  asker.post([found = std::move(found), on_inspected = std::move(on_inspected)]() mutable { on_inspected(found); });
}

net::Task<base::Result<Inspected>> ControlLoop::look_at(std::string name) {
  const auto place = co_await questions_.enter_within(question_patience);
  if (!place) co_return place.error();
  auto found = co_await parts_.engine.resolve(name);
  const Resolution resolution = resolution_of(name, found);
  if (!resolution.id) co_return resolution.id.error();
  co_return Inspected{engine_id_, std::move(*found->container), std::move(found->answer)};
}

void ControlLoop::look(net::Loop& asker, roster::Kind kind, roster::Roster::OnView on_view) {
  parts_.loop.post([this, &asker, kind, on_view = std::move(on_view)]() mutable {
    tell_channels();
    parts_.roster.look(kind, [&asker, on_view = std::move(on_view)](const auto& view) mutable {
      asker.post([view, on_view = std::move(on_view)]() mutable { on_view(view); });
    });
  });
}

void ControlLoop::tell(std::vector<roster::SessionNews> news) {
  parts_.loop.post([this, news = std::move(news)] {
    for (const roster::SessionNews& each : news) parts_.roster.own().tell(each);
  });
}

void ControlLoop::take(std::size_t most, OnPart on_part) {
  const std::uint64_t number = ++taken_;
  takings_.emplace(number, Taking{std::move(on_part), censuses_.size()});
  const auto on_told = [this, number](const std::vector<roster::SessionNews>& part, bool last) {
    parts_.loop.post([this, number, part, last] {
      const auto taking = takings_.find(number);
      if (last) --taking->second.loops;
      const bool all = taking->second.loops == 0;
      taking->second.on_part(part, all);
      if (all) takings_.erase(taking);
    });
  };
  for (std::size_t i = 0; i < censuses_.size(); ++i) {
    parts_.hub.call(static_cast<std::uint32_t>(i),
                    [census = censuses_[i], most, on_told](hub::Fanout&) { census->take(most, on_told); });
  }
}

void ControlLoop::tell_channels() {
  if (feeds_ == nullptr) return;
  std::vector<roster::OwnChannel> all;
  for (feeds::Feeds::Channel& each : feeds_->channels())
    all.push_back({std::move(each.name), each.followers, each.read_here});
  parts_.roster.own().set_channels(all);
}

void ControlLoop::download(std::string name, feeds::Download asked) {
  parts_.loop.post([this, name = std::move(name), asked = std::move(asked)]() mutable {
    jobs_.start(begin_download(std::move(name), std::move(asked)));
  });
}

net::Task<void> ControlLoop::begin_download(std::string name, feeds::Download asked) {
  const auto place = co_await questions_.enter_within(question_patience);
  base::Result<docker::Resolved> found = base::Error{};
  if (place) {
    found = co_await parts_.engine.resolve(name);
  } else {
    found = place.error();
  }
  const Resolution resolution = resolution_of(name, found);
  if (resolution.id && feeds_ != nullptr) {
    asked.container = std::move(*found->container);
    feeds_->download(std::move(asked));
    co_return;
  }
  base::Error error = resolution.id ? no_engine_yet() : resolution.id.error();
  parts_.hub.call(asked.asker.loop, [told = asked.told, asker = asked.asker.name, error = std::move(error)](
                                        hub::Fanout&) { told->on_download_ended(asker, error); });
}

void ControlLoop::end_download(const hub::Follower& asker) {
  parts_.loop.post([this, asker] {
    if (feeds_ != nullptr) feeds_->end_download(asker);
  });
}

void ControlLoop::drain() {
  parts_.loop.post([this] { on_drain_(); });
}

void ControlLoop::page(net::Loop& asker, feeds::PageAsked asked, feeds::OnPage on_page) {
  parts_.loop.post([this, &asker, asked = std::move(asked), on_page = std::move(on_page)]() mutable {
    auto answer = [&asker, on_page = std::move(on_page)](base::Result<feeds::Page> page) mutable {
      asker.post([page = std::move(page), on_page = std::move(on_page)]() mutable { on_page(std::move(page)); });
    };
    if (feeds_ == nullptr) return answer(no_engine_yet());
    feeds_->page(std::move(asked), std::move(answer));
  });
}

void ControlLoop::follow(feeds::Follow follow) {
  parts_.loop.post([this, follow = std::move(follow)]() mutable {
    if (feeds_ != nullptr) return feeds_->follow(std::move(follow));
    feeds::Followers& told = *followers_[follow.follower.loop];
    parts_.hub.call(follow.follower.loop,
                    [&told, name = follow.follower.name](hub::Fanout&) { told.on_refused(name, no_engine_yet()); });
  });
}

void ControlLoop::unfollow(const hub::Follower& follower, net::Callback done) {
  parts_.loop.post([this, follower, done = std::move(done)]() mutable {
    if (feeds_ != nullptr) feeds_->unfollow(follower);
    if (!done) return;
    parts_.hub.call(follower.loop, [done = std::move(done)](hub::Fanout&) mutable { done(); });
  });
}

void ControlLoop::on_behind(const hub::Follower& follower, const hub::Joint& joint) {
  parts_.loop.post([this, follower, joint] {
    if (feeds_ != nullptr) feeds_->on_behind(follower, joint);
  });
}

void ControlLoop::on_drained(const hub::Follower& follower, std::size_t bytes) {
  parts_.loop.post([this, follower, bytes] {
    if (feeds_ != nullptr) feeds_->on_drained(follower, bytes);
  });
}

}  // namespace api
