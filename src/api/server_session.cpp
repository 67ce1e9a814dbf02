// Server, once a socket speaks WebSocket: frames in, what the conversation decides carried out, news of its channels.
#include "api/server.hpp"
#include "base/check.hpp"
#include "base/log.hpp"

namespace api {
namespace {

constexpr std::size_t inflated_ahead_max = 256 * 1024;

// Of a command that waits; an empty one is not free.
std::size_t weight(const std::string& command) { return command.size() + sizeof command; }

}  // namespace

Terms Server::terms(const SessionSlot& slot) {
  return {settings_, access_, channels_, loop_.random(), loop_.wall_now(), slot.number};
}

hub::Follower Server::follower(const SessionSlot& slot, std::uint32_t subscription) const {
  return {loop_number_, {slot.session, subscription}};
}

void Server::consume_frames(SessionSlot& slot, std::span<char> bytes) {
  const ws::Rules rules{.message_bytes_max = settings_.message_bytes_max,
                        .fragments_max = settings_.fragments_max,
                        .inflater = slot.deflate ? &inflater_ : nullptr,
                        .inflation_max = settings_.inflation_max};
  bool another = false, pinged = false;
  for (;;) {
    const ws::Event event = slot.decoder.next(bytes, rules);
    const bool open = slot.state == State::open;
    switch (event.kind) {
      case ws::Event::Kind::none:
        // Of several pings that came together only the last is answered (RFC 6455, 5.5.3).
        if (open && pinged) say_control(slot, ws::Opcode::pong, pong_);
        if (!open) return;
        slot.life.on_unfinished(slot.decoder.unfinished(), another, loop_.now(), settings_);
        if (slot.decoder.unfinished()) watch(slot);
        return;
      case ws::Event::Kind::text:
        another = true;
        if (open && affords(slot, Limit::commands, event.text)) on_text(slot, event.text);
        break;
      case ws::Event::Kind::binary:
        if (open) hang(slot, close_code::unsupported_data, "Messages are text.");
        break;
      case ws::Event::Kind::ping:
        pong_ = event.text;
        pinged = open && affords(slot, Limit::pings, {});
        break;
      case ws::Event::Kind::pong:
        if (open && (fanout_.on_echo(slot.session.slot) || affords(slot, Limit::pings, {}))) slot.life.on_pong();
        break;
      case ws::Event::Kind::close:
        if (open) hang(slot, event.code == 1005 ? close_code::normal : event.code, {});
        return part(slot);
      case ws::Event::Kind::fault:
        if (open) on_fault(slot, event);
        return part(slot);
    }
    if (slot.state == State::parting) return;
  }
}

void Server::on_fault(SessionSlot& slot, const ws::Event& fault) {
  using Bound = ws::Event::Bound;
  if (fault.bound != Bound::none) {
    strike(fault.bound == Bound::bytes       ? Limit::message_bytes
           : fault.bound == Bound::fragments ? Limit::fragments
                                             : Limit::inflation);
  }
  hang(slot, fault.code, fault.text);
}

// Whether it may say one more of these now. Who may not is told so, command by command; who goes on is closed, and so
// is who floods with pings, which have no other answer. What comes behind is not even decoded.
bool Server::affords(SessionSlot& slot, Limit limit, std::string_view command) {
  const bool commands = limit == Limit::commands;
  const std::uint32_t rate = commands ? settings_.commands_per_second : settings_.pings_per_second;
  const auto verdict =
      slot.allowance.spend(loop_.now(), net::Duration(std::chrono::seconds(1)) / rate, settings_.rate_credit);
  if (verdict == Allowance::Verdict::fine) return true;
  strike(limit);
  if (commands && verdict == Allowance::Verdict::over) {
    const std::string most = std::to_string(rate);
    carry_out(slot, slot.talk.turn_down(command, {Code::rate_limited, "More than " + most + " commands a second."},
                                        terms(slot)));
  } else {
    hang(slot, close_code::rate_limited, commands ? "Too many commands." : "Too many pings.");
    part(slot);
  }
  return false;
}

void Server::on_text(SessionSlot& slot, std::string_view text) {
  const bool room = fanout_.backlog_bytes(slot.session.slot) <= settings_.backlog_bytes_max;
  if (slot.inbox || slot.talk.busy() || !room) {
    if (!slot.inbox) slot.inbox = std::make_unique<Inbox>();
    slot.inbox->commands.emplace_back(text);
    slot.inbox->bytes += weight(slot.inbox->commands.back());
    // Reading has stopped, but what was read may have been deflated a thousand times.
    if (slot.deflate && slot.inbox->bytes > inflated_ahead_max + 2 * settings_.message_bytes_max)
      strike(Limit::waiting_bytes), hang(slot, close_code::rate_limited, "Too many commands at once.");
    return;
  }
  obey(slot, text);
}

void Server::obey(SessionSlot& slot, std::string_view text) {
  const bool known = slot.talk.known();
  carry_out(slot, slot.talk.receive(text, terms(slot)));
  if (!slot.talk.known()) return;
  slot.life.on_credentials();
  if (known) return;
  note_change(slot);
  name(slot);
}

// Commands that were held back, as far as it goes.
void Server::work_off(SessionSlot& slot) {
  while (slot.inbox && slot.state == State::open) {
    if (slot.talk.busy() || fanout_.backlog_bytes(slot.session.slot) > settings_.backlog_bytes_max) return;
    if (slot.inbox->commands.empty()) {
      slot.inbox.reset();
      return;
    }
    const std::string text = std::move(slot.inbox->commands.front());
    slot.inbox->commands.pop_front();
    slot.inbox->bytes -= weight(text);
    obey(slot, text);
  }
}

void Server::carry_out(SessionSlot& slot, const Effects& effects) {
  for (const Effect& effect : effects)
    if (slot.state == State::open) carry_out(slot, effect);
}

void Server::carry_out(SessionSlot& slot, const Effect& effect) {
  const std::uint32_t number = slot.session.slot;
  if (const auto* said = std::get_if<Say>(&effect)) {
    say(slot, said->text);
  } else if (const auto* end = std::get_if<Hang>(&effect)) {
    hang(slot, end->code, end->reason);
  } else if (const auto* which = std::get_if<Resolve>(&effect)) {
    control_.resolve(loop_, {which->name, which->engine},
                     [this, session = slot.session, item = which->item](const Resolution& resolution) {
                       SessionSlot* asker = find(session);
                       if (asker == nullptr || asker->state != State::open) return;
                       carry_out(*asker, asker->talk.resolved(item, resolution, terms(*asker)));
                       proceed(*asker);
                     });
  } else if (const auto* follow = std::get_if<Follow>(&effect)) {
    if (follow->fresh) {
      CHECK(fanout_.add_subscription(number) == follow->subscription);
      metrics_.subscriptions[family_of(follow->source)].add(1);
      note_change(slot);
    } else if ((follow->source == feeds::Source::logs || follow->source == feeds::Source::app) &&
               !follow->start.empty()) {  // it begins anew, so it must not be told to have fallen behind any more
      fanout_.leave({slot.session, follow->subscription});
    }
    control_.follow({follower(slot, follow->subscription), follow->source, follow->container, follow->shape,
                     follow->start, follow->who});
  } else if (const auto* unfollow = std::get_if<Unfollow>(&effect)) {
    control_.unfollow(follower(slot, unfollow->subscription),
                      [this, session = slot.session, subscription = unfollow->subscription] {
                        SessionSlot* asker = find(session);
                        if (asker == nullptr || asker->state != State::open) return;
                        carry_out(*asker, asker->talk.unfollowed(subscription, terms(*asker)));
                        proceed(*asker);
                      });
  } else if (const auto* read = std::get_if<ReadPage>(&effect)) {
    control_.page(loop_, read->asked,
                  [this, session = slot.session, item = read->item](base::Result<feeds::Page> page) {
                    SessionSlot* asker = find(session);
                    if (asker == nullptr || asker->state != State::open) return;
                    carry_out(*asker, asker->talk.page_read(item, page, terms(*asker)));
                    proceed(*asker);
                  });
  } else if (const auto* forget = std::get_if<Forget>(&effect)) {
    fanout_.remove_subscription(number, forget->subscription);
    metrics_.subscriptions[family_of(forget->source)].add(-1);
    note_change(slot);
  } else if (const auto* struck = std::get_if<Strike>(&effect)) {
    strike(struck->limit);
  } else {
    carry_out_message(slot, effect);
  }
}

// Of application channels.
void Server::carry_out_message(SessionSlot& slot, const Effect& effect) {
  // What comes of it is told to the conversation, if it is still there.
  const auto told = [this, session = slot.session](auto step, std::uint32_t item) {
    return [this, session, step, item](const auto& answer) {
      SessionSlot* asker = find(session);
      if (asker == nullptr || asker->state != State::open) return;
      carry_out(*asker, (asker->talk.*step)(item, answer, terms(*asker)));
      proceed(*asker);
    };
  };
  if (const auto* publish = std::get_if<Publish>(&effect)) {
    if (!affords_publishing(slot)) return carry_out(slot, slot.talk.published(publish->item, too_fast(), terms(slot)));
    control_.publish(loop_, publish->publication, told(&Conversation::published, publish->item));
  } else if (const auto* read = std::get_if<ReadMessages>(&effect)) {
    control_.read_messages(loop_, read->channel, read->range, told(&Conversation::messages_read, read->item));
  } else if (const auto* ask = std::get_if<AskPresence>(&effect)) {
    control_.presence(loop_, ask->channel, told(&Conversation::presence_told, ask->item));
  }
}

void Server::say(SessionSlot& slot, std::string_view text, Family family) {
  frame_.clear();
  ws::append_text_frame(frame_, text);
  fanout_.send(slot.session.slot, frame_);
  metrics_.sent[family].add();
}

void Server::say_control(SessionSlot& slot, ws::Opcode opcode, std::string_view payload) {
  frame_.clear();
  ws::append_frame(frame_, opcode, payload);
  slot.life.before_control(outlet(slot));
  fanout_.send(slot.session.slot, frame_);
  slot.life.after_control(loop_.now());
}

// The last thing that is said. The peer has a while to say it too.
void Server::hang(SessionSlot& slot, std::uint16_t code, std::string_view reason) {
  base::log::debug("Closing a session", {{"code", code}, {"reason", reason}, {"session", slot.number}});
  end_talk(slot, counted(code));
  frame_.clear();
  ws::append_close_frame(frame_, code, reason);
  fanout_.send(slot.session.slot, frame_);
  slot.state = State::closing;
  arm(slot, settings_.close_timeout);
}

void Server::end_talk(SessionSlot& slot, CountedClose close) {
  const auto subscriptions = slot.talk.subscriptions();
  for (std::uint32_t i = 0; i < subscriptions.size(); ++i) {
    if (subscriptions[i] == 0) continue;
    fanout_.remove_subscription(slot.session.slot, i);
    control_.unfollow(follower(slot, i), {});
    metrics_.subscriptions[parse_channel(channels_.name(subscriptions[i]))->family].add(-1);
  }
  slot.talk.end(channels_);
  tell_closed(slot);
  slot.inbox.reset();
  metrics_.active[slot.family].add(-1);
  metrics_.closes[close].add();
}

void Server::on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& answer) {
  SessionSlot* slot = find(name.session);
  const bool streams = slot != nullptr && slot->streams;
  if (slot == nullptr || (slot->state != State::open && !streams)) return;
  if (!answer.recovered.empty()) {
    const auto result = answer.recovered == "full"      ? Recovered::full
                        : answer.recovered == "partial" ? Recovered::partial
                                                        : Recovered::none;
    metrics_.resumes[result].add();
  }
  if (streams) return begin_stream(*slot, answer);
  carry_out(*slot, slot->talk.subscribed(name.subscription, answer, terms(*slot)));
  proceed(*slot);
}

void Server::on_refused(const hub::FollowerName& name, const base::Error& error) {
  SessionSlot* slot = find(name.session);
  if (slot != nullptr && slot->streams) return refuse_stream(*slot, error);
  if (slot == nullptr || slot->state != State::open) return;
  carry_out(*slot, slot->talk.refused(name.subscription, error, terms(*slot)));
  proceed(*slot);
}

void Server::on_ended(const hub::FollowerName& name) {
  SessionSlot* slot = find(name.session);
  if (slot != nullptr && slot->streams) {
    end_stream(*slot);
    return part(*slot);
  }
  if (slot == nullptr || slot->state != State::open) return;
  const Effects effects = slot->talk.ended(name.subscription, terms(*slot));
  carry_out(*slot, effects);
  if (!effects.empty()) control_.unfollow({loop_number_, name}, {});
}

}  // namespace api
