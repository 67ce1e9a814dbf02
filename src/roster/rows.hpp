// Rows: how instances, sessions and channels are written in tables: as short text by name, which anybody may have
// written. Pure: what is no row is nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "roster/view.hpp"

namespace roster {

using Rows = std::map<std::string, std::string, std::less<>>;

Rows rows_of(const Instance& instance);

// By the number of the session on its instance: its name is the instance's id, "-" and this number.
std::string session_row(const Session& session);

// What one instance knows of a channel.
struct OwnChannel {
  std::string name;
  std::uint64_t followers = 0;
  bool read_here = false;
};
std::string channel_row(const OwnChannel& channel);

// What the rows of the instance of that id say is added to a view, up to its bounds. Rows of sessions and channels are
// of the instance that was added last. False: these are the rows of no instance.
bool add_instance(View& view, const std::string& id, const Rows& rows);
void add_session(View& view, const std::string& number, Session session);  // its name and instance are filled in
void add_sessions(View& view, const Rows& rows);
void add_channels(View& view, const Rows& rows);

std::optional<Session> parse_session(std::string_view row);

}  // namespace roster
