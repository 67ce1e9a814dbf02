// Conversation, where somebody publishes on an application channel, or reads what was published there.
#include "api/conversation.hpp"

namespace api {

void Conversation::publish(Command command, Step& step) {
  const std::string channel = command.wishes.front().channel;
  const auto refuse = [&](const Failure& failure) {
    say_error(Message("error").raw_if("id", command.id).text("channel", channel), failure, step);
  };
  if (!command.said) return refuse({Code::forbidden, "Clients publish to app: channels only."});
  if (!parse_channel(channel))
    return refuse({Code::bad_request, "A channel's name has at most 256 characters of visible ASCII."});
  if (!step.terms.access.may(identity_, auth::Verb::publish, channel))
    return refuse({Code::forbidden, "You may not publish on " + channel + "."});
  if (!waiting_) waiting_ = std::make_unique<Waiting>();
  waiting_->kind = Waiting::Kind::publish;
  waiting_->id = std::move(command.id);
  Item& item = waiting_->items.emplace_back();
  item.wish = std::move(command.wishes.front());
  item.state = Item::State::publishing;
  item.family = Family::app;
  waiting_->open = 1;
  messages::Publication publication;
  publication.channel = channel;
  publication.from = identity_.subject();
  publication.message_id = std::move(command.said->message_id);
  publication.data = std::move(command.said->data);
  step.effects.emplace_back(Publish{0, std::move(publication)});
}

Effects Conversation::published(std::uint32_t number, const base::Result<messages::Published>& answer,
                                const Terms& terms) {
  Step step{terms};
  Item& item = waiting_->items[number];
  CHECK(item.state == Item::State::publishing);
  if (answer) {
    Message message = reply("published");
    message.text("channel", item.wish.channel).text("position", answer->position.print());
    settle(item, message.flag("duplicate", answer->duplicate).take(), step);
  } else {
    fail(item, answer.error(), step);
  }
  return finish(step);
}

Effects Conversation::messages_read(std::uint32_t number, const base::Result<messages::Page>& page,
                                    const Terms& terms) {
  Step step{terms};
  Item& item = waiting_->items[number];
  CHECK(item.state == Item::State::reading);
  if (page) {
    settle(item, messages_text(reply("history"), item.wish.channel, item.messages, *page), step);
  } else {
    fail(item, page.error(), step);
  }
  return finish(step);
}

Effects Conversation::presence_told(std::uint32_t number, const base::Result<feeds::Presence>& presence,
                                    const Terms& terms) {
  Step step{terms};
  Item& item = waiting_->items[number];
  CHECK(item.state == Item::State::asking);
  if (presence) {
    settle(item, presence_json(reply("presence"), item.wish.channel, *presence), step);
  } else {
    fail(item, presence.error(), step);
  }
  return finish(step);
}

}  // namespace api
