#include "feeds/all_containers.hpp"

#include <algorithm>

#include "feeds/container_json.hpp"
#include "feeds/containers_feed.hpp"

namespace feeds {

AllContainers::AllContainers(LiveChannel::Parts parts)
    : channel_(std::move(parts), {Source::containers}, "containers") {}

void AllContainers::add(ContainersFeed& feed) {
  feeds_[feed.engine_id()] = &feed;
  feed.on_resync();
}

void AllContainers::remove(const ContainersFeed& feed) {
  feeds_.erase(feed.engine_id());
  if (feed.known()) publish_whole();
}

bool AllContainers::known() const {
  return std::any_of(feeds_.begin(), feeds_.end(), [](const auto& each) { return each.second->known(); });
}

// Whoever comes before the first list is told it when it is there.
void AllContainers::follow(const Follow& follow) {
  std::vector<LiveChannel::Told> messages = channel_.outages(follow.shape);
  if (known()) messages.push_back({whole()});
  channel_.join(follow.follower, follow.shape, {}, messages);
  for (const auto& [engine, feed] : feeds_)
    if (!feed->known()) feed->on_resync();
}

void AllContainers::unfollow(const hub::Follower& follower) {
  channel_.leave(follower);
  if (channel_.followed()) return;
  for (const auto& [engine, feed] : feeds_) feed->on_unfollowed();
}

void AllContainers::on_behind(const hub::Follower& follower) {
  channel_.rejoin(follower, known() ? std::vector<LiveChannel::Told>{{whole()}} : std::vector<LiveChannel::Told>());
}

// The newest first, as Docker lists them.
std::string AllContainers::whole() const {
  struct Row {
    const docker::Container* container;
    const std::string* engine;
  };
  std::vector<Row> sorted;
  for (const auto& [engine, feed] : feeds_)
    for (const auto& [id, container] : feed->picture()) sorted.push_back({&container, &engine});
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Row& a, const Row& b) { return a.container->created > b.container->created; });
  std::vector<std::string> all;
  for (const Row& each : sorted) all.push_back(container_message(*each.container, *each.engine).take());
  return base::Message("containers").text("channel", channel_.name()).list("containers", all).take();
}

}  // namespace feeds
