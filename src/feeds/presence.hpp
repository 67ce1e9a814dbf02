// Presence: who is on an application channel, over all instances. Each instance knows its own; whoever wants to know
// asks them all (messages::Mail), and says what it knows already, so that an answer is short where nothing changed.
// There is nothing to expire: who is gone does not answer. Values and their texts.
//
// A question (base::put): u8 1 · channel · u32 n · n times: instance, version u64. A reply: u8 1 · instance · version
// u64 · u8 the same as is known · total u64 · u32 n · n times: session, subject. Bounds: more members than an instance
// is set to name are counted only, and of no instance more are taken than members_most.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feeds {

inline constexpr std::size_t members_most = 10'000;

struct Member {
  std::string session, subject, instance;  // its label
};
// Of an instance's name in the cluster: the label that it was given, "-" and 16 digits that are drawn.
std::string label_of(const std::string& instance);

struct Presence {
  std::uint64_t count = 0;
  std::vector<Member> members;  // by session; none where they are too many
};

struct PresenceQuestion {
  std::string channel;
  std::map<std::string, std::uint64_t> known;  // versions by instance
};
std::string encode(const PresenceQuestion& question);
std::optional<PresenceQuestion> decode_question(std::string_view text);

struct PresenceReply {
  std::string instance;
  std::uint64_t version = 0;  // 0: nobody is there
  bool same = false;          // as is known; no members then
  std::uint64_t count = 0;
  std::vector<Member> members;
};
std::string encode(const PresenceReply& reply);
std::optional<PresenceReply> decode_reply(std::string_view text);

// All of them as one; beyond `members_max` over all they are counted, not named.
Presence sum(const std::vector<PresenceReply>& replies, std::size_t members_max);

}  // namespace feeds
