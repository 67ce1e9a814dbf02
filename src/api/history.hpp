// What `history` may ask of a log or an application channel (protocol.md, "Client → server"), and its reply. Pure.
#pragma once

#include <span>

#include "api/log_options.hpp"
#include "api/message.hpp"
#include "feeds/log_pages.hpp"
#include "feeds/presence.hpp"
#include "messages/store.hpp"

namespace api {

inline constexpr std::uint64_t history_limit_max = 1000;

// since or before, limit; the container is not known yet. Fault::bad_request says what is wrong.
base::Result<feeds::PageAsked> parse_history(std::span<const Option> options, net::WallTime now);

// `reply`: begun, with its id.
std::string history_text(Message reply, std::string_view channel, const feeds::Page& page);

// Of an application channel.
struct MessagesAsked {
  std::optional<messages::Position> since, before;  // at most one of them
  messages::Range range;
};
base::Result<MessagesAsked> parse_messages_asked(std::span<const Option> options);
// What lies between `since` and the first message and is lost stands as a `gap` before the others.
std::string messages_text(Message reply, std::string_view channel, const MessagesAsked& asked,
                          const messages::Page& page);

// Of an application channel: who is on it. More than are named are counted.
std::string presence_json(Message reply, std::string_view channel, const feeds::Presence& presence);

}  // namespace api
