// ControlLoop, where application channels, sessions and users are told something.
#include "api/control_loop.hpp"

namespace api {

void ControlLoop::publish(net::Loop& asker, messages::Publication publication, OnPublished on_published) {
  parts_.loop.post(
      [this, &asker, publication = std::move(publication), on_published = std::move(on_published)]() mutable {
        jobs_.start(answer_publish(asker, std::move(publication), std::move(on_published)));
      });
}

net::Task<void> ControlLoop::answer_publish(net::Loop& asker, messages::Publication publication,
                                            OnPublished on_published) {
  base::Result<messages::Published> answer = co_await messages_->kept.publish(std::move(publication));
  asker.post([answer = std::move(answer), on_published = std::move(on_published)]() mutable { on_published(answer); });
}

void ControlLoop::read_messages(net::Loop& asker, std::string channel, messages::Range range, OnMessages on_page) {
  parts_.loop.post([this, &asker, channel = std::move(channel), range, on_page = std::move(on_page)]() mutable {
    jobs_.start(answer_messages(asker, std::move(channel), range, std::move(on_page)));
  });
}

net::Task<void> ControlLoop::answer_messages(net::Loop& asker, std::string channel, messages::Range range,
                                             OnMessages on_page) {
  base::Result<messages::Page> page = co_await messages_->kept.read(std::move(channel), range);
  asker.post([page = std::move(page), on_page = std::move(on_page)]() mutable { on_page(page); });
}

void ControlLoop::presence(net::Loop& asker, std::string channel, OnPresence on_presence) {
  parts_.loop.post([this, &asker, channel = std::move(channel), on_presence = std::move(on_presence)]() mutable {
    jobs_.start(answer_presence(asker, std::move(channel), std::move(on_presence)));
  });
}

net::Task<void> ControlLoop::answer_presence(net::Loop& asker, std::string channel, OnPresence on_presence) {
  base::Result<feeds::Presence> presence = co_await messages_->kept.presence(std::move(channel));
  asker.post(
      [presence = std::move(presence), on_presence = std::move(on_presence)]() mutable { on_presence(presence); });
}

void ControlLoop::send(net::Loop& asker, messages::Letter letter, OnReached on_reached) {
  parts_.loop.post([this, &asker, letter = std::move(letter), on_reached = std::move(on_reached)]() mutable {
    jobs_.start(answer_send(asker, std::move(letter), std::move(on_reached)));
  });
}

net::Task<void> ControlLoop::answer_send(net::Loop& asker, messages::Letter letter, OnReached on_reached) {
  base::Result<std::uint64_t> reached = co_await messages_->mail.send(std::move(letter));
  asker.post([reached = std::move(reached), on_reached = std::move(on_reached)]() mutable { on_reached(reached); });
}

// A session's number says on which loop it is (Server::upgrade).
void ControlLoop::deliver(const messages::Letter& letter, messages::Mail::OnReached on_reached) {
  struct Asked {
    messages::Mail::OnReached on_reached;
    std::size_t loops;
    std::uint64_t reached = 0;
  };
  auto asked = std::make_shared<Asked>(Asked{std::move(on_reached), recipients_.size()});
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    parts_.hub.call(static_cast<std::uint32_t>(i), [this, to = recipients_[i], letter, asked](hub::Fanout&) {
      parts_.loop.post([asked, reached = to->deliver(letter)] {
        asked->reached += reached;
        if (--asked->loops == 0) asked->on_reached(asked->reached);
      });
    });
  }
}

void ControlLoop::say(Family family, const Broadcast& broadcast) {
  const auto& [channel, payload] = broadcast;
  if (family == Family::app) return messages_->kept.say(channel, payload);
  if (family == Family::plain) return messages_->plain.say(channel, payload);
  const std::string to(parse_channel(channel)->rest);
  deliver({family == Family::user, to, payload}, [](std::uint64_t) {});
}

}  // namespace api
