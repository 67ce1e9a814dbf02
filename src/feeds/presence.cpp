#include "feeds/presence.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace feeds {
namespace {

using base::put;
using base::put_text;

constexpr std::uint8_t version = 1;

}  // namespace

std::string encode(const PresenceQuestion& question) {
  std::string text;
  put(text, version);
  put_text(text, question.channel);
  put(text, static_cast<std::uint32_t>(question.known.size()));
  for (const auto& [instance, known] : question.known) {
    put_text(text, instance);
    put(text, known);
  }
  return text;
}

std::optional<PresenceQuestion> decode_question(std::string_view text) {
  base::Taker taker{text};
  PresenceQuestion question;
  if (taker.number<std::uint8_t>() != version) return std::nullopt;
  question.channel = taker.text();
  for (auto n = taker.number<std::uint32_t>(); n > 0 && taker.good; --n) {
    std::string instance(taker.text());
    question.known[std::move(instance)] = taker.number<std::uint64_t>();
  }
  return taker.good ? std::optional(std::move(question)) : std::nullopt;
}

std::string label_of(const std::string& instance) {
  constexpr std::size_t drawn = 17;
  if (instance.size() <= drawn) return instance;
  const std::string_view end = std::string_view(instance).substr(instance.size() - drawn);
  const bool fits = end.front() == '-' && end.find_first_not_of("0123456789abcdef", 1) == end.npos;
  return fits ? instance.substr(0, instance.size() - drawn) : instance;
}

std::string encode(const PresenceReply& reply) {
  std::string text;
  put(text, version);
  put_text(text, reply.instance);
  put(text, reply.version);
  put(text, static_cast<std::uint8_t>(reply.same ? 1 : 0));
  put(text, reply.count);
  put(text, static_cast<std::uint32_t>(reply.members.size()));
  for (const Member& each : reply.members) {
    put_text(text, each.session);
    put_text(text, each.subject);
  }
  return text;
}

std::optional<PresenceReply> decode_reply(std::string_view text) {
  base::Taker taker{text};
  PresenceReply reply;
  if (taker.number<std::uint8_t>() != version) return std::nullopt;
  reply.instance = taker.text();
  reply.version = taker.number<std::uint64_t>();
  reply.same = taker.number<std::uint8_t>() == 1;
  reply.count = taker.number<std::uint64_t>();
  const std::string label = label_of(reply.instance);
  for (auto n = taker.number<std::uint32_t>(); n > 0 && taker.good; --n) {
    const std::string_view session = taker.text(), subject = taker.text();
    if (reply.members.size() < members_most)
      reply.members.push_back({std::string(session), std::string(subject), label});
  }
  return taker.good ? std::optional(std::move(reply)) : std::nullopt;
}

Presence sum(const std::vector<PresenceReply>& replies, std::size_t members_max) {
  Presence all;
  for (const PresenceReply& each : replies) {
    all.count += each.count;
    all.members.insert(all.members.end(), each.members.begin(), each.members.end());
  }
  // An instance may be set to name fewer.
  if (all.count > members_max || all.members.size() < all.count) all.members.clear();
  std::sort(all.members.begin(), all.members.end(),
            [](const Member& a, const Member& b) { return a.session < b.session; });
  return all;
}

}  // namespace feeds
