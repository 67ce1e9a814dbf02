#include "roster/own.hpp"

#include "base/check.hpp"

namespace roster {

Own::Own(std::string id, std::string label, std::string version, net::WallTime started) {
  self_.id = std::move(id);
  self_.label = std::move(label);
  self_.version = std::move(version);
  self_.started = started;
}

void Own::tell(const SessionNews& news) {
  const std::string number = std::to_string(news.number);
  Session session;
  switch (news.what) {
    case SessionNews::What::closed:
      return tables_.sessions.erase(number);
    case SessionNews::What::opened:
      session.address = news.address;
      session.connected = news.connected;
      break;
    case SessionNews::What::changed:
      const auto row = tables_.sessions.rows().find(number);
      if (row == tables_.sessions.rows().end()) return;
      session = parse_session(row->second).value();
      break;
  }
  session.subject = news.subject;
  session.subscriptions = news.subscriptions;
  tables_.sessions.set(number, session_row(session));
}

void Own::set_channels(std::span<const OwnChannel> channels) {
  Rows rows;
  self_.readers = 0;
  for (const OwnChannel& each : channels) {
    rows.emplace(each.name, channel_row(each));
    if (each.read_here) ++self_.readers;
  }
  tables_.channels.become(rows);
}

Own::Tables& Own::tables() {
  self_.sessions = tables_.sessions.rows().size();
  self_.channels = tables_.channels.rows().size();
  tables_.instance.become(rows_of(self_));
  return tables_;
}

View Own::view(Kind kind) {
  View view;
  CHECK(add_instance(view, self_.id, tables().instance.rows()));
  if (kind == Kind::sessions) add_sessions(view, tables_.sessions.rows());
  if (kind == Kind::channels) add_channels(view, tables_.channels.rows());
  return view;
}

}  // namespace roster
