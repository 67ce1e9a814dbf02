// Server, where clients say something to others: on an application channel, to one session, to every one of a subject;
// and where that reaches who is here.
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
    say(slot, text, letter.to_subject ? Family::user : Family::session);
    ++reached;
  }
  return reached;
}

// Whether it may say one more thing to others now. By HTTP an address says it with all its connections together.
bool Server::affords_publishing(SessionSlot& slot) {
  const net::Duration cost = net::Duration(std::chrono::seconds(1)) / settings_.publishes_per_second;
  const bool together = slot.http != nullptr && slot.address != 0;
  const bool fine = together ? addresses_.take(slot.address, loop_.now(), cost, settings_.rate_credit)
                             : slot.publishing.take(loop_.now(), cost, settings_.rate_credit);
  if (!fine) strike(Limit::publishes);
  return fine;
}

base::Error Server::too_fast() const {
  return {base::Fault::rate_limited, "More than " + std::to_string(settings_.publishes_per_second) +
                                         " publications a second: it was not published. Send it again, slower."};
}

void Server::refuse_publishing(SessionSlot& slot) {
  http::Refusal refusal = Failure(too_fast()).refusal();
  refusal.headers.add("Retry-After", "1");
  refuse(slot, refusal);
}

void Server::publish(SessionSlot& slot, const http::Request& request) {
  const auto identity = admit_change(slot, request, auth::Verb::publish);
  if (!identity) return;
  if (!affords_publishing(slot)) return refuse_publishing(slot);
  auto said = parse_said(request.body);
  if (!said) return refuse(slot, Failure(said.error()).refusal());
  const auto channel = parse_channel(said->channel);
  if (!channel) return refuse(slot, {400, "bad_request", "A channel's name has at most 256 visible characters."});
  const bool may = channel->family == Family::app && access_.may(*identity, auth::Verb::publish, said->channel);
  if (!may) return refuse(slot, {403, "forbidden", "Clients publish to app: channels only."});
  messages::Publication publication;
  publication.channel = std::move(said->channel);
  publication.from = identity->subject();
  publication.message_id = std::move(said->message_id);
  publication.data = std::move(said->data);
  slot.http->answering = true;
  control_.publish(loop_, std::move(publication), [this, session = slot.session](const auto& published) {
    if (!published) return answer_late(session, published.error());
    Message text;
    text.text("position", published->position.print()).flag("duplicate", published->duplicate);
    answer_late(session, text.take());
  });
}

// Whether the path is one of these.
bool Server::send(SessionSlot& slot, const http::Request& request, std::string_view path) {
  constexpr std::string_view sessions = "/api/sessions/", users = "/api/users/", end = "/send";
  const bool to_subject = path.starts_with(users);
  const std::size_t begin = to_subject ? users.size() : sessions.size();
  if ((!to_subject && !path.starts_with(sessions)) || !path.ends_with(end) || path.size() <= begin + end.size())
    return false;
  if (!admit_change(slot, request, auth::Verb::send)) return true;
  if (!affords_publishing(slot)) return refuse_publishing(slot), true;
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
