// What followers of an application channel, and whoever reads its history, are told, as JSON (protocol.md, Server →
// client). Pure.
#pragma once

#include <string>
#include <string_view>

#include "feeds/follow.hpp"
#include "feeds/presence.hpp"
#include "messages/message.hpp"
#include "messages/state.hpp"

namespace feeds {

std::string message_text(std::string_view channel, const messages::Message& message);
// Of one that is kept nowhere and has no position. `data`: JSON in one line.
std::string unkept_text(std::string_view channel, std::string_view data);
std::string presence_text(std::string_view type, std::string_view channel, const Member& member);
std::string gap_text(std::string_view channel, const messages::Recovery& lost, Form form);

}  // namespace feeds
