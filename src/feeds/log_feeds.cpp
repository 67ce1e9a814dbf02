#include "feeds/log_feeds.hpp"

#include "feeds/log_feeds_state.hpp"

namespace feeds {

LogFeeds::LogFeeds(Parts parts, Settings settings, std::string engine_id)
    : state_(std::make_unique<State>(std::move(parts), settings, std::move(engine_id))) {}
LogFeeds::~LogFeeds() {
  while (!state_->followers.empty()) state_->drop(hub::Follower(state_->followers.begin()->first));
}

// --- followers -------------------------------------------------------------------------------------------------------

Channel& LogFeeds::State::open(const std::string& id) {
  Channel& channel = channels[id];
  channel.timer.cancel();
  if (channel.ends_at) look_again(channel);
  if (!channel.feed) {
    docker::Container container;
    container.id = id;
    channel.feed = std::make_unique<LogFeed>(shared, std::move(container), *this);
    const LogPast::Shared past{{shared, reads, past_bytes}, counts.shared_reads};
    channel.past = std::make_unique<LogPast>(past, *channel.feed);
    if (yields) channel.feed->yield();
  }
  return channel;
}

void LogFeeds::State::start_history(const hub::Follower& follower, Entry& entry, LogHistory::Asked asked) {
  Channel& channel = *entry.channel;
  auto done = [this, follower, alive_now = std::weak_ptr(alive)](std::optional<base::Error> refused) {
    if (!alive_now.lock()) return;
    const auto found = followers.find(follower);
    if (found == followers.end()) return;
    found->second.channel->histories.erase(follower);
    if (refused) refuse(follower, *refused);
  };
  const LogHistory::Shared parts_of_it{shared, reads, *channel.past};
  channel.histories[follower] =
      std::make_unique<LogHistory>(parts_of_it, *channel.feed, std::move(asked), std::move(done));
}

// That which has not brought it into the ring yet; null where there is none.
LogHistory* LogFeeds::State::pending_history(const hub::Follower& follower, const Entry& entry) {
  const auto found = entry.channel->histories.find(follower);
  return found != entry.channel->histories.end() && !found->second->attached() ? found->second.get() : nullptr;
}

void LogFeeds::follow(Follow follow) {
  State& state = *state_;
  const hub::Follower name = follow.follower;
  if (state.followers.contains(name)) {
    if (follow.start.empty() && state.followers.at(name).channel->feed->container().id == follow.container) {
      state.reshape(name, follow.shape);
      return;
    }
    // It may be attached, or about to be: nothing of what it followed comes behind the new answer.
    state.parts.hub.call(name.loop, [follower = name.name](hub::Fanout& fanout) { fanout.leave(follower); });
    state.drop(name);
  }
  Channel& channel = state.open(follow.container);
  ++channel.followers;
  Entry& entry = state.followers.emplace(name, Entry{&channel, follow.shape}).first->second;
  state.mirror(name, entry);
  const bool resumed = follow.start.after.has_value();
  state.start_history(name, entry, {name, follow.shape, std::move(follow.start), true, resumed, {}, {}});
}

// Other options for the same stream: it goes on where it stands. In the ring, only its serving loop knows where that
// is: it is taken off there and comes back through on_behind().
void LogFeeds::State::reshape(const hub::Follower& name, const Shape& shape) {
  Entry& entry = followers.at(name);
  LogHistory* pending = pending_history(name, entry);
  if (pending == nullptr) {
    entry.channel->histories.erase(name);
    parts.hub.call(name.loop, [follower = name.name](hub::Fanout& fanout) { fanout.release(follower); });
    entry.answer = true;
  }
  unmirror(name, entry);
  entry.shape = shape;
  mirror(name, entry);
  if (pending == nullptr) return;
  LogHistory::Asked asked = pending->rest();
  asked.shape = shape;
  asked.answer = true;
  start_history(name, entry, std::move(asked));
}

void LogFeeds::State::mirror(const hub::Follower& name, const Entry& entry) {
  LogFeed& feed = *entry.channel->feed;
  const std::optional<docker::Standpoint> at = feed.joined() ? std::optional(feed.standpoint()) : std::nullopt;
  parts.hub.mirror(feed.rings().open(entry.shape, at), name.loop);
}

void LogFeeds::State::unmirror(const hub::Follower& name, const Entry& entry) {
  LogRings& rings = entry.channel->feed->rings();
  parts.hub.unmirror(rings.number(entry.shape), name.loop);
  rings.close(entry.shape);
}

void LogFeeds::unfollow(const hub::Follower& follower) { state_->drop(follower); }

void LogFeeds::State::drop(const hub::Follower& follower) {
  const auto found = followers.find(follower);
  if (found == followers.end()) return;
  Channel& channel = *found->second.channel;
  channel.histories.erase(follower);
  unmirror(follower, found->second);
  followers.erase(found);
  if (--channel.followers == 0) linger(channel);
}

void LogFeeds::on_behind(const hub::Follower& follower, const hub::Joint& joint) {
  const auto found = state_->followers.find(follower);
  if (found == state_->followers.end()) return;
  Entry& entry = found->second;
  if (state_->pending_history(follower, entry) != nullptr) return;  // said of a ring that it has left, to begin anew
  LogHistory::Asked asked{follower, entry.shape, {}, std::exchange(entry.answer, false), false, {}, {}};
  LogFeed& feed = *entry.channel->feed;
  asked.stands = standpoint_of(joint.place, feed.identity());
  if (!asked.answer && joint.ring == feed.rings().number(entry.shape))
    asked.knows = feed.rings().standing(entry.shape, joint.sequence);
  state_->start_history(follower, entry, std::move(asked));
}

void LogFeeds::download(Download asked) {
  State& state = *state_;
  const hub::Follower asker = asked.asker;
  docker::Position log;
  log.engine = docker::engine_key(state.shared.engine_id);
  log.container = docker::container_key(asked.container.id).value_or(log.container);
  LogDownload::Shared shared{state.parts.loop, state.parts.engine, state.parts.hub, state.open_downloads, state.reads};
  state.downloads[asker] =
      std::make_unique<LogDownload>(shared, std::move(asked), log, [&state, asker] { state.downloads.erase(asker); });
}

void LogFeeds::end_download(const hub::Follower& asker) { state_->downloads.erase(asker); }

void LogFeeds::page(PageAsked asked, OnPage on_page) {
  state_->jobs.start(state_->pages.answer(std::move(asked), std::move(on_page)));
}

bool LogFeeds::asked() const { return !state_->downloads.empty() || state_->jobs.size() > 0; }

void LogFeeds::on_drained(const hub::Follower& follower, std::size_t bytes) {
  if (const auto found = state_->downloads.find(follower); found != state_->downloads.end())
    return found->second->on_drained();
  const auto found = state_->followers.find(follower);
  if (found == state_->followers.end()) return;
  auto& histories = found->second.channel->histories;
  if (const auto history = histories.find(follower); history != histories.end()) history->second->on_drained(bytes);
}

void LogFeeds::State::refuse(const hub::Follower& follower, const base::Error& error) {
  parts.hub.call(follower.loop, [to = parts.followers[follower.loop], name = follower.name, error](hub::Fanout&) {
    to->on_refused(name, error);
  });
  drop(follower);
}

}  // namespace feeds
