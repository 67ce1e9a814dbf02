// What followers of an application channel, and whoever reads its history, are told, as JSON (protocol.md, Server →
// client). Pure.
#pragma once

#include <string>
#include <string_view>

#include "feeds/follow.hpp"
#include "messages/message.hpp"
#include "messages/state.hpp"

namespace feeds {

std::string message_text(std::string_view channel, const messages::Message& message);
std::string gap_text(std::string_view channel, const messages::Recovery& lost, Form form);

}  // namespace feeds
