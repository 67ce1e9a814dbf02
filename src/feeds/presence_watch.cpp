#include "feeds/presence_watch.hpp"

namespace feeds {
namespace {

constexpr net::Duration patience = std::chrono::seconds(8);

}  // namespace

std::map<std::string, std::uint64_t> PresenceWatch::known() const {
  std::map<std::string, std::uint64_t> versions;
  for (const auto& [instance, seen] : seen_) versions[instance] = seen.reply.version;
  return versions;
}

std::map<std::string, Member> PresenceWatch::all() const {
  std::map<std::string, Member> members;
  std::uint64_t count = 0;
  for (const auto& [instance, seen] : seen_) {
    count += seen.reply.count;
    for (const Member& each : seen.reply.members) members.emplace(each.session, each);
  }
  if (count > members_max) members.clear();
  return members;
}

std::vector<PresenceWatch::Change> PresenceWatch::look(const std::vector<PresenceReply>& replies, net::Instant now) {
  const auto before = all();
  for (const PresenceReply& each : replies) {
    const auto found = seen_.find(each.instance);
    if (each.version == 0) {
      if (found != seen_.end()) seen_.erase(found);
    } else if (each.same && found != seen_.end()) {
      found->second.at = now;
    } else if (!each.same) {
      seen_.insert_or_assign(each.instance, Seen{each, now});
    }
  }
  std::erase_if(seen_, [now](const auto& each) { return now - each.second.at > patience; });
  std::vector<Change> changes;
  if (!std::exchange(looked_, true)) return changes;
  const auto after = all();
  for (const auto& [session, member] : before)
    if (!after.contains(session)) changes.push_back({false, member});
  for (const auto& [session, member] : after)
    if (!before.contains(session)) changes.push_back({true, member});
  return changes;
}

}  // namespace feeds
