#include "feeds/overview.hpp"

namespace feeds {

Overview::Overview(net::Loop& loop, hub::Hub& hub, std::vector<Followers*> followers, bool alone)
    : events_(loop, {hub, framer_, followers, outages_}, alone),
      containers_({hub, framer_, std::move(followers), outages_}) {}

void Overview::follow(const Follow& follow) {
  if (follow.source == Source::docker_events) return events_.follow(follow);
  containers_.follow(follow);
}

void Overview::unfollow(const hub::Follower& follower) {
  events_.unfollow(follower);
  containers_.unfollow(follower);
}

void Overview::on_behind(const hub::Follower& follower) {
  events_.channel().rejoin(follower);
  containers_.on_behind(follower);
}

std::vector<const LiveChannel*> Overview::channels() {
  std::vector<const LiveChannel*> all;
  if (events_.channel().followed()) all.push_back(&events_.channel());
  if (containers_.followed()) all.push_back(&containers_.channel());
  return all;
}

void Overview::remove_engine(const std::string& id) {
  engines_.erase(id);
  down_.erase(id);
  note_outages();
}

void Overview::note_outages() {
  const bool several = engines_.size() > 1;
  outages_.engine = !several && !down_.empty();
  outages_.engines = several ? down_ : std::set<std::string>();
}

void Overview::on_engine(const std::string& id, bool answers) {
  if (answers) {
    down_.erase(id);
  } else {
    down_.insert(id);
  }
  note_outages();
  const LogState state = answers ? LogState::recovered : LogState::source_down;
  const std::string which = engines_.size() > 1 ? id : std::string();
  events_.channel().publish_status(state, which);
  containers_.channel().publish_status(state, which);
}

// Redis carries no picture: each instance has its own.
void Overview::on_degraded(bool degraded) {
  if (std::exchange(outages_.redis, degraded) == degraded) return;
  events_.channel().publish_status(degraded ? LogState::degraded : LogState::recovered);
}

}  // namespace feeds
