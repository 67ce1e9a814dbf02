// Server, where something is said to one session or to every one of a subject: by whoever sends it, and to who is here.
#include <charconv>

#include "api/command.hpp"
#include "api/server.hpp"
#include "feeds/message_text.hpp"

namespace api {
namespace {

// "…-1536": the number of a session, 0 where it is none of this instance.
std::uint64_t number_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() <= prefix.size() + 1 || name[prefix.size()] != '-') return 0;
  name.remove_prefix(prefix.size() + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

}  // namespace

// It is there, and known by now.
void Server::name(const SessionSlot& slot) {
  if (names_.size() <= slot.session.slot) names_.resize(slot.session.slot + 1);
  names_[slot.session.slot] = {slot.number, slot.talk.identity().subject().data()};
}

std::uint64_t Server::deliver(const messages::Letter& letter) {
  const std::uint64_t number = letter.to_subject ? 0 : number_of(letter.to, settings_.session_prefix);
  if (!letter.to_subject && number == 0) return 0;
  const std::string channel = (letter.to_subject ? "user:" : "session:") + letter.to;
  const std::string text = feeds::unkept_text(channel, letter.data);
  std::uint64_t reached = 0;
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    const Name& each = names_[i];
    if (letter.to_subject ? each.subject == nullptr : each.number != number) continue;
    SessionSlot& slot = slots_[i];
    if (slot.state != State::open || !slot.talk.known() || slot.number != each.number) continue;
    if (letter.to_subject && slot.talk.identity().subject() != letter.to) continue;
    if (fanout_.backlog_bytes(i) > settings_.backlog_bytes_max) continue;  // it takes nothing
    say(slot, text);
    ++reached;
  }
  return reached;
}

// Whether the path is one of these.
bool Server::send(SessionSlot& slot, const http::Request& request, std::string_view path) {
  constexpr std::string_view sessions = "/api/sessions/", users = "/api/users/", end = "/send";
  const bool to_subject = path.starts_with(users);
  const std::size_t begin = to_subject ? users.size() : sessions.size();
  if ((!to_subject && !path.starts_with(sessions)) || !path.ends_with(end) || path.size() <= begin + end.size())
    return false;
  if (!admit_change(slot, request, auth::Verb::send)) return true;
  auto data = parse_letter(request.body);
  if (!data) {
    refuse(slot, Failure(data.error()).refusal());
    return true;
  }
  messages::Letter letter{to_subject, std::string(path.substr(begin, path.size() - begin - end.size())),
                          std::move(*data)};
  slot.http->answering = true;
  control_.send(loop_, std::move(letter), [this, session = slot.session, to_subject](const auto& reached) {
    if (!reached) return answer_late(session, reached.error());
    if (*reached == 0 && !to_subject)
      return answer_late(session, base::Error{base::Fault::not_found, "There is no such session."});
    answer_late(session, Message().number("sessions", *reached).take(), 202);
  });
  return true;
}

}  // namespace api
