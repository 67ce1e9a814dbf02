#include "feeds/presence_watch.hpp"

#include <set>
#include <utility>

namespace feeds {
namespace {

constexpr net::Duration patience = std::chrono::seconds(8);

}  // namespace

std::map<std::string, std::uint64_t> PresenceWatch::known() const {
  std::map<std::string, std::uint64_t> versions;
  for (const auto& [instance, seen] : seen_) versions[instance] = seen.reply.version;
  return versions;
}

std::optional<std::map<std::string, Member>> PresenceWatch::all() const {
  std::map<std::string, Member> members;
  std::uint64_t count = 0;
  for (const auto& [instance, seen] : seen_) {
    count += seen.reply.count;
    for (const Member& each : seen.reply.members) members.emplace(each.session, each);
  }
  return count > members_max_ || members.size() < count ? std::nullopt : std::optional(std::move(members));
}

std::vector<PresenceWatch::Change> PresenceWatch::look(const std::vector<PresenceReply>& replies, net::Instant now) {
  const auto before = all();
  std::set<std::string> heard;
  for (const PresenceReply& each : replies) {
    heard.insert(each.instance);
    const auto found = seen_.find(each.instance);
    if (each.version == 0) {
      seen_.erase(each.instance);
    } else if (!each.same) {
      seen_.insert_or_assign(each.instance, Seen{each});
    } else if (found != seen_.end()) {
      found->second.missing.reset();
    }
  }
  for (auto& [instance, seen] : seen_)
    if (!heard.contains(instance) && !seen.missing) seen.missing = now;
  std::erase_if(seen_,
                [now](const auto& each) { return each.second.missing && now - *each.second.missing > patience; });
  std::vector<Change> changes;
  const auto after = all();
  if (!std::exchange(looked_, true) || !before || !after) return changes;
  for (const auto& [session, member] : *before)
    if (!after->contains(session)) changes.push_back({false, member});
  for (const auto& [session, member] : *after)
    if (!before->contains(session)) changes.push_back({true, member});
  return changes;
}

}  // namespace feeds
