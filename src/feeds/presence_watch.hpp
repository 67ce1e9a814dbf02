// PresenceWatch: what somebody who watches an application channel's presence is told: who came and who left since the
// last look at all instances. A plain value: replies and times come in, changes go out.
//
// An instance whose reply is missing may only be late: its members leave when it has said nothing for `patience`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "feeds/presence.hpp"
#include "net/loop.hpp"

namespace feeds {

class PresenceWatch {
 public:
  struct Change {
    bool joins = false;  // else it leaves
    Member member;
  };
  explicit PresenceWatch(std::size_t members_max) : members_max_(members_max) {}

  // What the next question says is known.
  std::map<std::string, std::uint64_t> known() const;
  // Nothing changes by the first look; nor while more than `members_max` are there, who are counted only.
  std::vector<Change> look(const std::vector<PresenceReply>& replies, net::Instant now);

 private:
  struct Seen {
    PresenceReply reply;
    std::optional<net::Instant> missing = {};  // since the first look in which it said nothing
  };
  std::optional<std::map<std::string, Member>> all() const;  // by session; nothing: too many

  std::size_t members_max_;
  bool looked_ = false;
  std::map<std::string, Seen> seen_;  // by instance
};

}  // namespace feeds
