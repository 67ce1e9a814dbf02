#include "roster/own.hpp"

#include <limits>

#include "base/check.hpp"

namespace roster {
namespace {

Session session_of(const SessionNews& news) {
  Session session;
  session.subject = news.subject;
  session.address = news.address;
  session.connected = news.connected;
  session.subscriptions = news.subscriptions;
  return session;
}

}  // namespace

Own::Own(std::string id, std::string label, std::string version, net::WallTime started) {
  self_.id = std::move(id);
  self_.label = std::move(label);
  self_.version = std::move(version);
  self_.started = started;
}

void Own::tell(const SessionNews& news) {
  if (news.what == SessionNews::What::opened) ++self_.sessions;
  if (news.what == SessionNews::What::closed) --self_.sessions;
  sessions_.tell(news);
}

void Own::Sessions::tell(const SessionNews& news) {
  const std::string number = std::to_string(news.number);
  if (news.what == SessionNews::What::closed) return note(number, std::nullopt);
  note(number, session_row(session_of(news)));
}

void Own::Sessions::refill() {
  census->take(std::numeric_limits<std::size_t>::max(), [this](const std::vector<SessionNews>& part, bool) {
    for (const SessionNews& each : part) tell(each);
  });
}

void Own::set_channels(std::span<const OwnChannel> channels) {
  Rows rows;
  self_.readers = 0;
  for (const OwnChannel& each : channels) {
    rows.emplace(each.name, channel_row(each));
    if (each.read_here) ++self_.readers;
  }
  channels_.become(rows);
}

Table& Own::instance() {
  self_.channels = channels_.rows().size();
  instance_.become(rows_of(self_));
  return instance_;
}

Own::Journals Own::journals() { return {instance(), sessions_, channels_}; }

void Own::view(net::Loop& loop, Kind kind, OnView on_view) {
  View view;
  CHECK(add_instance(view, self_.id, instance().rows()));
  if (kind == Kind::channels) add_channels(view, channels_.rows());
  if (kind != Kind::sessions) {
    return loop.post([view = std::move(view), on_view = std::move(on_view)]() mutable { on_view(std::move(view)); });
  }
  sessions_.census->take(sessions_max + 1, [view = std::move(view), on_view = std::move(on_view)](
                                               const std::vector<SessionNews>& part, bool last) mutable {
    for (const SessionNews& each : part) add_session(view, std::to_string(each.number), session_of(each));
    if (last) on_view(std::move(view));
  });
}

}  // namespace roster
