// Conversation, what a command may say about its channel and who may say it; and where somebody looks back: `history`.
#include "api/conversation.hpp"
#include "api/history.hpp"

namespace api {

// What its command may say about its channel.
base::Result<void> Conversation::understand(Item& item, const Terms& terms) const {
  if (waiting_->kind == Waiting::Kind::unsubscribe) return {};
  if (waiting_->kind == Waiting::Kind::presence) {
    if (item.family == Family::app) return {};
    return base::Error{base::Fault::unsupported, item.wish.channel + " has no presence; app: channels have."};
  }
  if (waiting_->kind == Waiting::Kind::history) {
    if (item.family == Family::app) {
      auto asked = parse_messages_asked(item.wish.options);
      if (!asked) return asked.error();
      item.messages = *asked;
      return {};
    }
    if (item.family != Family::container_logs)
      return base::Error{base::Fault::unsupported, item.wish.channel + " has no history; logs and app: channels have."};
    auto page = parse_history(item.wish.options, terms.now);
    if (!page) return page.error();
    item.page = std::move(*page);
    return {};
  }
  auto options = parse_options(*source_of(item.family), item.wish.options, terms.now);
  if (!options) return options.error();
  item.options = *options;
  return {};
}

bool Conversation::allowed(const Item& item, Step& step) const {
  // What is said to one is said to nobody else.
  if (item.family == Family::user && item.container != identity_.subject()) return false;
  if (item.family == Family::session && item.container != session_name(step.terms)) return false;
  return step.terms.access.may(identity_, verb_of(*source_of(item.family)), item.container);
}

Effects Conversation::page_read(std::uint32_t number, const base::Result<feeds::Page>& page, const Terms& terms) {
  Step step{terms};
  Item& item = waiting_->items[number];
  CHECK(item.state == Item::State::reading);
  if (page) {
    settle(item, history_text(reply("history"), channel_name(item.family, item.container), *page), step);
  } else {
    fail(item, page.error(), step);
  }
  return finish(step);
}

}  // namespace api
