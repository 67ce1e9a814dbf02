#include "feeds/containers_feed.hpp"

#include <algorithm>

#include "feeds/container_json.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration gather = 100ms;  // a stop makes four events: one look is enough
constexpr net::Duration settled_after = 2s;
constexpr net::Duration retry = 1s;
constexpr std::size_t some_max = 16;  // beyond, the whole list is the shorter question

// What a follower would see change; the words of `status` change by themselves ("Up 2 minutes").
bool same(const docker::Container& a, const docker::Container& b) {
  return a.name == b.name && a.image == b.image && a.state == b.state && a.health == b.health &&
         a.exit_code == b.exit_code && a.labels == b.labels && a.created == b.created;
}

}  // namespace

ContainersFeed::ContainersFeed(docker::Client& engine, AllContainers& all, std::string engine_id, OnRemoved on_removed)
    : engine_(engine),
      loop_(engine.loop()),
      engine_id_(std::move(engine_id)),
      on_removed_(std::move(on_removed)),
      channel_(all),
      changed_(loop_) {
  job_ = net::Job(run());
  channel_.add(*this);
}

void ContainersFeed::forget() {
  known_ = all_ = false;
  picture_.clear();
  some_.clear();
  settling_.clear();
  settle_.cancel();
}

void ContainersFeed::on_event(const docker::Event& event) {
  if (event.type != "container" || !channel_.followed()) return;
  some_.insert(event.id);
  settling_.insert(event.id);
  settle_ = loop_.after(settled_after, [this] {
    some_.merge(std::exchange(settling_, {}));
    changed_.notify();
  });
  changed_.notify();
}

void ContainersFeed::on_resync() {
  if (!channel_.followed()) return;
  all_ = true;
  changed_.notify();
}

net::Task<void> ContainersFeed::run() {
  for (;;) {
    while (!all_ && some_.empty()) co_await changed_.wait();
    if (known_) co_await loop_.sleep(gather);
    const bool whole_list = all_ || some_.size() > some_max;
    bool looked = false;
    if (whole_list) {
      looked = co_await look_at_all();
    } else {
      looked = co_await look_at_some();
    }
    if (!looked) co_await loop_.sleep(retry);
  }
}

net::Task<bool> ContainersFeed::look_at_all() {
  const bool reconcile = std::exchange(all_, false);
  std::set<std::string> asked = std::exchange(some_, {});
  docker::ListQuery query;
  query.all = true;
  auto listed = co_await engine_.list(std::move(query));
  if (!listed) {
    all_ = channel_.followed();
    co_return false;
  }
  if (!channel_.followed()) co_return true;
  Picture now;
  for (docker::Container& each : *listed) now.emplace(each.id, std::move(each));
  if (!reconcile && known_) {
    for (const auto& [id, container] : picture_) asked.insert(id);
    for (const auto& [id, container] : now) asked.insert(id);
    compare(asked, std::move(now));
    co_return true;
  }
  const bool differs = !known_ || !std::equal(now.begin(), now.end(), picture_.begin(), picture_.end(),
                                              [](const auto& a, const auto& b) {
                                                return a.first == b.first && same(a.second, b.second);
                                              });
  for (const auto& [id, container] : picture_)
    if (!now.contains(id)) on_removed_(id);
  picture_ = std::move(now);
  known_ = true;
  if (differs) channel_.publish_whole();
  co_return true;
}

net::Task<bool> ContainersFeed::look_at_some() {
  const std::set<std::string> asked = std::exchange(some_, {});
  docker::ListQuery query;
  query.all = true;
  query.ids.assign(asked.begin(), asked.end());
  auto listed = co_await engine_.list(std::move(query));
  if (!listed) {
    if (channel_.followed()) some_.insert(asked.begin(), asked.end());
    co_return false;
  }
  if (!channel_.followed() || !known_) co_return true;
  Picture found;
  for (docker::Container& each : *listed) found.emplace(each.id, std::move(each));
  compare(asked, std::move(found));
  co_return true;
}

void ContainersFeed::compare(const std::set<std::string>& looked_at, Picture found) {
  for (const std::string& id : looked_at) {
    const auto now = found.find(id);
    const auto before = picture_.find(id);
    if (now == found.end() && before == picture_.end()) continue;
    if (now == found.end()) {
      tell_change("removed", before->second);
      picture_.erase(before);
      on_removed_(id);
    } else if (before == picture_.end()) {
      tell_change("added", now->second);
      picture_.emplace(id, std::move(now->second));
    } else {
      if (!same(before->second, now->second)) tell_change("changed", now->second);
      before->second = std::move(now->second);
    }
  }
}

void ContainersFeed::tell_change(std::string_view change, const docker::Container& container) {
  base::Message message("container");
  message.text("channel", channel_.channel().name()).text("change", change);
  channel_.channel().publish({message.raw("container", container_message(container, engine_id_).take()).take()});
}

}  // namespace feeds
