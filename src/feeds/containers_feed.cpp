#include "feeds/containers_feed.hpp"

#include <algorithm>

#include "feeds/container_json.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration gather = 100ms;  // a stop makes four events: one look is enough
constexpr net::Duration settled_after = 2s;
constexpr net::Duration retry = 1s;
constexpr net::Duration piece_pause = 125ms;  // within the bus' budget for a channel
constexpr std::size_t some_max = 16;          // beyond, the whole list is the shorter question

// What a follower would see change; the words of `status` change by themselves ("Up 2 minutes").
bool same(const docker::Container& a, const docker::Container& b) {
  return a.name == b.name && a.image == b.image && a.state == b.state && a.health == b.health &&
         a.exit_code == b.exit_code && a.labels == b.labels && a.created == b.created;
}

}  // namespace

ContainersFeed::ContainersFeed(docker::Client& engine, EngineEvents& events, AllContainers& all, std::string engine_id)
    : engine_(engine),
      events_(events),
      loop_(engine.loop()),
      engine_id_(std::move(engine_id)),
      channel_(all),
      changed_(loop_) {
  events_.show(this);
  job_ = net::Job(run());
  channel_.add(*this);
}

ContainersFeed::~ContainersFeed() {
  channel_.remove(*this);
  events_.show(nullptr);
}

void ContainersFeed::on_unfollowed() {
  if (find_gone_) return;
  events_.wish(EngineWish::Picture::none);
  if (!wanted()) forget();
}

void ContainersFeed::forget() {
  known_ = all_ = send_ = coming_ = false;
  picture_.clear();
  pieces_.clear();
  some_.clear();
  settling_.clear();
  settle_.cancel();
}

void ContainersFeed::on_event(const docker::Event& event) {
  if (event.type != "container" || !wanted() || !events_.reading()) return;
  some_.insert(event.id);
  settling_.insert(event.id);
  settle_ = loop_.after(settled_after, [this] {
    some_.merge(std::exchange(settling_, {}));
    changed_.notify();
  });
  changed_.notify();
}

void ContainersFeed::on_resync() {
  if (!wanted()) return;
  if (!events_.reading()) return events_.wish(EngineWish::Picture::whole);
  all_ = true;
  changed_.notify();
}

// --- who looks, and who hears ----------------------------------------------------------------------------------------

// The watch that begins says when to look (on_resync), and so does who is heard.
void ContainersFeed::on_turn(bool reads) {
  all_ = send_ = coming_ = others_ = find_gone_ = false;
  others_end_.cancel();
  pieces_.clear();
  some_.clear();
  settling_.clear();
  settle_.cancel();
  if (!wanted()) return forget();
  if (!reads) events_.wish(EngineWish::Picture::whole);
}

void ContainersFeed::on_wish(bool whole) {
  others_ = true;
  others_end_ = loop_.after(events_.wish_counts(), [this] {
    others_ = false;
    if (!wanted()) forget();
  });
  if (known_) {
    send_ |= whole;
    changed_.notify();
  } else {
    on_resync();
  }
}

void ContainersFeed::on_hole() {
  coming_ = false;
  pieces_.clear();
  if (wanted()) events_.wish(EngineWish::Picture::whole);
}

void ContainersFeed::find_the_gone() {
  find_gone_ = true;
  events_.wish(EngineWish::Picture::whole);
}

void ContainersFeed::on_picture(EngineNews news) {
  if (!channel_.followed() && !find_gone_) return;
  List found;
  std::set<std::string> looked_at(news.gone.begin(), news.gone.end());
  for (docker::Container& each : news.containers) {
    looked_at.insert(each.id);
    found.emplace(each.id, std::move(each));
  }
  if (news.kind == EngineNews::Kind::changes) {
    if (known_) compare(looked_at, std::move(found));
    return;
  }
  if (news.first) pieces_.clear();
  coming_ |= news.first;
  if (!coming_) return;
  pieces_.merge(found);
  if (!news.last) return;
  coming_ = false;
  events_.wish(channel_.followed() ? EngineWish::Picture::changes : EngineWish::Picture::none);
  List now = std::exchange(pieces_, {});
  std::set<std::string> there;
  for (const auto& [id, container] : now) there.insert(id);
  if (channel_.followed()) replace(std::move(now));
  if (std::exchange(find_gone_, false)) on_there_(there);
  if (!wanted()) forget();
}

net::Task<void> ContainersFeed::send_whole() {
  send_ = false;
  std::vector<EngineNews> pieces(1);
  std::size_t bytes = 0;
  for (const auto& [id, container] : picture_) {
    if (bytes >= piece_bytes) {
      pieces.emplace_back();
      bytes = 0;
    }
    pieces.back().containers.push_back(container);
    bytes += encoded_bytes(container);
  }
  for (std::size_t i = 0; i < pieces.size() && others_; ++i) {
    if (i > 0) co_await loop_.sleep(piece_pause);
    pieces[i].kind = EngineNews::Kind::picture;
    pieces[i].first = i == 0;
    pieces[i].last = i + 1 == pieces.size();
    events_.publish(pieces[i]);
  }
}

// --- looking ---------------------------------------------------------------------------------------------------------

net::Task<void> ContainersFeed::run() {
  for (;;) {
    while (!all_ && some_.empty() && !send_) co_await changed_.wait();
    if (known_) co_await loop_.sleep(gather);
    const bool whole_list = all_ || some_.size() > some_max;
    bool looked = true;
    if (whole_list) {
      looked = co_await look_at_all();
    } else if (!some_.empty()) {
      looked = co_await look_at_some();
    } else if (send_) {
      co_await send_whole();
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
  if (!events_.reading()) co_return true;
  if (!listed) {
    all_ = wanted();
    co_return false;
  }
  if (!wanted()) co_return true;
  List now;
  for (docker::Container& each : *listed) now.emplace(each.id, std::move(each));
  if (!reconcile && known_) {
    for (const auto& [id, container] : picture_) asked.insert(id);
    for (const auto& [id, container] : now) asked.insert(id);
    compare(asked, std::move(now));
    co_return true;
  }
  replace(std::move(now));
  send_ = others_;
  co_return true;
}

void ContainersFeed::replace(List now) {
  const bool differs = !known_ || !std::equal(now.begin(), now.end(), picture_.begin(), picture_.end(),
                                              [](const auto& a, const auto& b) {
                                                return a.first == b.first && same(a.second, b.second);
                                              });
  for (const auto& [id, container] : picture_)
    if (!now.contains(id)) on_removed_(id);
  picture_ = std::move(now);
  known_ = true;
  if (differs) channel_.publish_whole();
}

net::Task<bool> ContainersFeed::look_at_some() {
  const std::set<std::string> asked = std::exchange(some_, {});
  docker::ListQuery query;
  query.all = true;
  query.ids.assign(asked.begin(), asked.end());
  auto listed = co_await engine_.list(std::move(query));
  if (!events_.reading()) co_return true;
  if (!listed) {
    if (wanted()) some_.insert(asked.begin(), asked.end());
    co_return false;
  }
  if (!wanted() || !known_) co_return true;
  List found;
  for (docker::Container& each : *listed) found.emplace(each.id, std::move(each));
  compare(asked, std::move(found));
  co_return true;
}

// Those who hear us are sent it as it was looked at, and compare for themselves.
void ContainersFeed::compare(const std::set<std::string>& looked_at, List found) {
  EngineNews news;
  news.kind = EngineNews::Kind::changes;
  for (const std::string& id : looked_at) {
    const auto now = found.find(id);
    const auto before = picture_.find(id);
    if (now == found.end() && before == picture_.end()) continue;
    if (now == found.end()) {
      tell_change("removed", before->second);
      picture_.erase(before);
      news.gone.push_back(id);
      on_removed_(id);
      continue;
    }
    const bool known = before != picture_.end();
    if (!known || !same(before->second, now->second)) {
      tell_change(known ? "changed" : "added", now->second);
      news.containers.push_back(now->second);
    }
    picture_.insert_or_assign(id, std::move(now->second));
  }
  if (others_ && news.containers.size() + news.gone.size() > 0) events_.publish(news);
}

void ContainersFeed::tell_change(std::string_view change, const docker::Container& container) {
  base::Message message("container");
  message.text("channel", channel_.channel().name()).text("change", change);
  channel_.channel().publish({message.raw("container", container_message(container, engine_id_).take()).take()});
}

}  // namespace feeds
