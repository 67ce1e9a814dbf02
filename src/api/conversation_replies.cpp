// The second half of Conversation: how a waiting command ends, and what is said.
#include <algorithm>
#include <cstdio>

#include "api/container_json.hpp"
#include "api/conversation.hpp"
#include "base/log.hpp"

namespace api {
std::string Conversation::session_name(const Terms& terms) {
  return terms.settings.session_prefix + "-" + std::to_string(terms.session);
}

// The reply to a single command carries its id; the results inside `connected` do not.
Message Conversation::reply(std::string_view type) const {
  Message message(type);
  if (waiting_->kind != Waiting::Kind::connect) message.raw_if("id", waiting_->id);
  return message;
}

void Conversation::settle(Item& item, std::string result, Step& step) {
  item.state = Item::State::done;
  item.result = std::move(result);
  --waiting_->open;
  for (Item& other : waiting_->items) {
    if (other.state != Item::State::queued || other.subscription != item.subscription) continue;
    found(other, other.container, step);  // the number may be free meanwhile
    return;
  }
}

void Conversation::fail(Item& item, const Failure& failure, Step& step,
                        const std::vector<docker::Candidate>& candidates) {
  item.failure = failure;
  Message message = reply("error");
  message.text_if("channel", item.wish.channel);
  if (!candidates.empty()) message.raw("candidates", candidates_json(candidates));
  settle(item, error_text(std::move(message), failure, step.terms), step);
}

// Ends the command that waited, if nothing of it is open any more, and begins the one of the path that was put off.
Effects Conversation::finish(Step& step) {
  using Kind = Waiting::Kind;
  while (waiting_ && waiting_->kind != Kind::nothing && waiting_->open == 0) {
    const std::unique_ptr<Waiting> done = std::exchange(waiting_, nullptr);
    if (done->kind == Kind::connect) {
      say_connected(done->id, done->items, step);
    } else if (const Item& item = done->items.front(); done->kind != Kind::path || !quiet_ || item.failure) {
      step.say(item.result);
    }
    if (done->kind == Kind::path && done->items.front().failure) {
      const Failure& failure = *done->items.front().failure;
      step.effects.emplace_back(Hang{row(failure.code).close, failure.message});
    }
    if (!done->later) continue;
    waiting_ = std::make_unique<Waiting>();
    waiting_->later = std::move(done->later);
    begin_path(step);
  }
  return std::move(step.effects);
}

void Conversation::say_connected(std::string_view id, std::span<const Item> items, Step& step) {
  connected_ = true;
  const ServerSettings& settings = step.terms.settings;
  std::vector<std::string_view> results;
  for (const Item& item : items) results.push_back(item.result);
  Message limits;
  limits.number("message_bytes", settings.message_bytes_max).number("subscriptions", settings.subscriptions_max);
  Message message("connected");
  message.raw_if("id", id).text("session", session_name(step.terms));
  message.text("instance", settings.instance);
  message.number("ping_ms", std::chrono::duration_cast<std::chrono::milliseconds>(settings.ping_interval).count());
  step.say(message.raw("limits", limits.take()).list("subscriptions", results).take());
}

void Conversation::say_error(Message message, const Failure& failure, Step& step) {
  step.say(error_text(std::move(message), failure, step.terms));
}

std::string Conversation::error_text(Message message, const Failure& failure, const Terms& terms) const {
  const CodeRow& code = row(failure.code);
  char ref[17];
  std::snprintf(ref, sizeof ref, "%016llx", static_cast<unsigned long long>(terms.random.next()));
  base::log::info("Refused a client",
                  {{"ref", ref}, {"code", code.name}, {"message", failure.message}, {"session", session_name(terms)}});
  message.text("code", code.name).text("message", failure.message).flag("retry", code.retry).text("ref", ref);
  if (quiet_) message.text("data", failure.message);
  return message.take();
}

std::optional<std::uint32_t> Conversation::subscription_of(std::string_view channel, const Terms& terms) const {
  const ChannelNames::Number number = terms.channels.find(channel);
  const auto found = std::find(subscriptions_.begin(), subscriptions_.end(), number);
  if (number == 0 || found == subscriptions_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - subscriptions_.begin());
}

Conversation::Item* Conversation::waiting_for(std::uint32_t subscription, Item::State state) {
  if (!waiting_) return nullptr;
  for (Item& item : waiting_->items)
    if (item.state == state && item.subscription == subscription) return &item;
  return nullptr;
}

void Conversation::forget(std::uint32_t subscription, Step& step) {
  const ChannelNames::Number channel = std::exchange(subscriptions_[subscription], 0);
  step.effects.emplace_back(Forget{subscription, *source_of(parse_channel(step.terms.channels.name(channel))->family)});
  step.terms.channels.release(channel);
}

}  // namespace api
