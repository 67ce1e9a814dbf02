#include "api/control_loop.hpp"

namespace api {
template <class Call>
void ControlLoop::each_feeds(Call call) const {
  for (const Engines::Engine& each : engines_.all())
    if (each.feeds != nullptr) call(*each.feeds);
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
  auto containers = co_await engines_.list(std::move(query));
  co_return std::move(containers);
}

void ControlLoop::inspect(net::Loop& asker, std::string name, OnInspected on_inspected) {
  parts_.loop.post([this, &asker, name = std::move(name), on_inspected = std::move(on_inspected)]() mutable {
    jobs_.start(answer_inspect(asker, std::move(name), std::move(on_inspected)));
  });
}

net::Task<void> ControlLoop::answer_inspect(net::Loop& asker, std::string name, OnInspected on_inspected) {
  base::Result<Inspected> inspected = co_await look_at(std::move(name));
  asker.post([inspected = std::move(inspected), on_inspected = std::move(on_inspected)]() mutable {
    on_inspected(inspected);
  });
}

net::Task<base::Result<Inspected>> ControlLoop::look_at(std::string name) {
  std::vector<docker::Candidate> candidates;
  auto answer = co_await found(std::move(name), candidates);
  if (!answer) co_return answer.error();
  co_return Inspected{answer->at.id, std::move(*answer->what.container), std::move(answer->what.answer)};
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
    for (const roster::SessionNews& each : news) {
      parts_.roster.own().tell(each);
      if (connection_keys_ != nullptr) connection_keys_->tell(each);
    }
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
  std::vector<roster::OwnChannel> all;
  bool events = false;
  each_feeds([&](const feeds::Feeds& feeds) {
    events |= feeds.events_read_here();
    for (feeds::Feeds::Channel& each : feeds.channels())
      all.push_back({std::move(each.name), each.followers, each.read_here});
  });
  for (const feeds::LiveChannel* each : messages_->kept.channels())
    all.push_back({each->name(), each->followers(), false});
  for (const feeds::LiveChannel* each : messages_->plain.channels())
    all.push_back({each->name(), each->followers(), false});
  for (const feeds::LiveChannel* each : overview_->channels()) all.push_back({each->name(), each->followers(), events});
  parts_.roster.own().set_channels(all);
}

void ControlLoop::download(std::string name, feeds::Download asked) {
  parts_.loop.post([this, name = std::move(name), asked = std::move(asked)]() mutable {
    jobs_.start(begin_download(std::move(name), std::move(asked)));
  });
}

net::Task<void> ControlLoop::begin_download(std::string name, feeds::Download asked) {
  std::vector<docker::Candidate> candidates;
  auto answer = co_await found(std::move(name), candidates);
  if (answer && answer->at.feeds != nullptr) {
    asked.container = std::move(*answer->what.container);
    answer->at.feeds->download(std::move(asked));
    co_return;
  }
  base::Error error = answer ? no_engine_yet() : judged(answer.error(), asked.start.engine());
  parts_.hub.call(asked.asker.loop, [told = asked.told, asker = asked.asker.name, error = std::move(error)](
                                        hub::Fanout&) { told->on_download_ended(asker, error); });
}

void ControlLoop::end_download(const hub::Follower& asker) {
  parts_.loop.post([this, asker] { each_feeds([&asker](feeds::Feeds& feeds) { feeds.end_download(asker); }); });
}

void ControlLoop::drain() {
  parts_.loop.post([this] { on_drain_(); });
}

void ControlLoop::page(net::Loop& asker, feeds::PageAsked asked, feeds::OnPage on_page) {
  parts_.loop.post([this, &asker, asked = std::move(asked), on_page = std::move(on_page)]() mutable {
    auto answer = [&asker, on_page = std::move(on_page)](base::Result<feeds::Page> page) mutable {
      asker.post([page = std::move(page), on_page = std::move(on_page)]() mutable { on_page(std::move(page)); });
    };
    jobs_.start(answer_page(std::move(asked), std::move(answer)));
  });
}

net::Task<void> ControlLoop::answer_page(feeds::PageAsked asked, feeds::OnPage on_page) {
  const auto engine = asked.engine();
  auto looking = engine && engines_.may_be(*engine) ? feeds_found(asked.container) : feeds_of(asked.container);
  auto feeds = co_await std::move(looking);
  if (feeds) {
    (*feeds)->page(std::move(asked), std::move(on_page));
  } else {
    on_page(judged(feeds.error(), engine));
  }
}

void ControlLoop::follow(feeds::Follow follow) {
  parts_.loop.post([this, follow = std::move(follow)]() mutable { begin(std::move(follow)); });
}

void ControlLoop::begin(feeds::Follow follow) {
  looked_for_.erase(follow.follower);
  if (follow.source == feeds::Source::app) return messages_->kept.follow(follow);
  if (follow.source == feeds::Source::plain) return messages_->plain.follow(follow);
  if (follow.source >= feeds::Source::app) return confirm(follow.follower);
  const Engines::Engine* home = home_of(follow);
  if (feeds::Overview::tells(follow.source)) {
    bool any = false;
    each_feeds([&any](const feeds::Feeds&) { any = true; });
    if (any) return overview_->follow(follow);
  } else if (home == nullptr) {
    const hub::Follower name = follow.follower;
    looked_for_.emplace(name, std::move(follow));
    return jobs_.start(look_for(name));
  } else if (home->feeds != nullptr) {
    return home->feeds->follow(std::move(follow));
  }
  refuse(follow.follower, no_engine_yet());
}

// It is told what is said there, whether it subscribes or not.
void ControlLoop::confirm(const hub::Follower& follower) {
  feeds::Followers& told = *followers_[follower.loop];
  parts_.hub.call(follower.loop, [&told, name = follower.name](hub::Fanout&) { told.on_subscribed(name, {}); });
}

void ControlLoop::refuse(const hub::Follower& follower, const base::Error& error) {
  feeds::Followers& told = *followers_[follower.loop];
  parts_.hub.call(follower.loop, [&told, name = follower.name, error](hub::Fanout&) { told.on_refused(name, error); });
}

void ControlLoop::drop(const hub::Follower& follower) {
  looked_for_.erase(follower);
  overview_->unfollow(follower);
  messages_->kept.unfollow(follower);
  messages_->plain.unfollow(follower);
  each_feeds([&follower](feeds::Feeds& feeds) { feeds.unfollow(follower); });
}

void ControlLoop::unfollow(const hub::Follower& follower, net::Callback done) {
  parts_.loop.post([this, follower, done = std::move(done)]() mutable {
    drop(follower);
    if (!done) return;
    parts_.hub.call(follower.loop, [done = std::move(done)](hub::Fanout&) mutable { done(); });
  });
}

void ControlLoop::on_behind(const hub::Follower& follower, const hub::Joint& joint) {
  parts_.loop.post([this, follower, joint] {
    overview_->on_behind(follower);
    messages_->kept.on_behind(follower, joint.place);
    messages_->plain.on_behind(follower);
    each_feeds([&](feeds::Feeds& feeds) { feeds.on_behind(follower, joint); });
  });
}

void ControlLoop::on_drained(const hub::Follower& follower, std::size_t bytes) {
  parts_.loop.post([this, follower, bytes] {
    messages_->kept.on_drained(follower, bytes);
    each_feeds([&](feeds::Feeds& feeds) { feeds.on_drained(follower, bytes); });
  });
}

}  // namespace api
