#include "api/conversation.hpp"

#include <algorithm>

namespace api {
namespace {

// What is named by its full id needs no looking up.
bool is_full_id(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Failure not_offered(std::string_view channel) {
  return {Code::unsupported, "The channel " + std::string(channel) + " is not offered by this version."};
}

}  // namespace

Effects Conversation::open(Opening opening, const Terms& terms) {
  Step step{terms};
  identity_ = opening.identity;
  batches_ = opening.batches;
  deflate_ = opening.deflate;
  unwrapped_ = opening.unwrapped;
  if (opening.wish) {
    quiet_ = !batches_;
    waiting_ = std::make_unique<Waiting>();
    waiting_->later = std::move(opening.wish);
    if (known()) begin_path(step);
  }
  return finish(step);
}

Effects Conversation::receive(std::string_view text, const Terms& terms) {
  Step step{terms};
  Command command = parse_command(text);
  if (command.kind == Command::Kind::pong) return {};
  if (command.kind == Command::Kind::bad) {
    const bool opens = command.meant != Command::Kind::bad && command.meant != Command::Kind::connect;
    if (opens) quiet_ = false;
    if (opens && known()) open_up(step);
    say_error(Message("error").raw_if("id", command.id), {Code::bad_request, command.problem}, step);
    return std::move(step.effects);
  }
  quiet_ = false;
  if (command.kind == Command::Kind::connect) {
    connect(std::move(command), step);
  } else if (!known()) {
    say_error(Message("error").raw_if("id", command.id),
              {Code::unauthorized, "Credentials come first: send connect with a token."}, step);
  } else {
    open_up(step);
    obey(std::move(command), step);
  }
  return finish(step);
}

Effects Conversation::turn_down(std::string_view text, const Failure& failure, const Terms& terms) {
  Step step{terms};
  const Command command = parse_command(text);
  if (command.kind != Command::Kind::pong) say_error(Message("error").raw_if("id", command.id), failure, step);
  return std::move(step.effects);
}

// By the first command, if it is not `connect`.
void Conversation::open_up(Step& step) {
  if (!connected_) say_connected({}, {}, step);
  commanded_ = true;
}

void Conversation::connect(Command command, Step& step) {
  const auto refuse = [&](const Failure& failure) {
    say_error(Message("error").raw_if("id", command.id), failure, step);
  };
  if (commanded_) return refuse({Code::bad_request, "connect can only be the first command."});
  if (command.token && step.terms.access.mode() != auth::Mode::none) {
    const auto identity = step.terms.access.identify(*command.token);
    if (!identity) {
      refuse(identity.error());
      step.effects.emplace_back(Hang{close_code::not_accepted, identity.error().message});
      return;
    }
    identity_ = *identity;
  }
  if (!known()) return refuse({Code::unauthorized, "connect needs a token here."});
  commanded_ = true;
  begin(Waiting::Kind::connect, std::move(command.id), std::move(command.wishes), step);
}

void Conversation::obey(Command command, Step& step) {
  using Kind = Command::Kind;
  switch (command.kind) {
    case Kind::ping:
      return step.say(Message("pong").raw_if("id", command.id).take());
    case Kind::subscribe:
      return begin(Waiting::Kind::subscribe, std::move(command.id), std::move(command.wishes), step);
    case Kind::unsubscribe:
      return begin(Waiting::Kind::unsubscribe, std::move(command.id), std::move(command.wishes), step);
    case Kind::history:
      return begin(Waiting::Kind::history, std::move(command.id), std::move(command.wishes), step);
    case Kind::publish:
      return publish(std::move(command), step);
    case Kind::presence:
      return begin(Waiting::Kind::presence, std::move(command.id), std::move(command.wishes), step);
    default:
      break;
  }
  Message message("error");
  message.raw_if("id", command.id);
  if (!command.wishes.empty()) message.text("channel", command.wishes.front().channel);
  say_error(std::move(message), {Code::unsupported, "This command is not offered by this version."}, step);
}

// Every command that is about channels, and the path's own subscription.
void Conversation::begin(Waiting::Kind kind, std::string id, std::vector<Wish> wishes, Step& step) {
  if (!waiting_) waiting_ = std::make_unique<Waiting>();
  waiting_->kind = kind;
  waiting_->id = std::move(id);
  for (Wish& wish : wishes) waiting_->items.push_back({.wish = std::move(wish)});
  waiting_->open = waiting_->items.size();
  for (std::uint32_t number = 0; number < waiting_->items.size(); ++number) look_at(number, step);
}

void Conversation::begin_path(Step& step) {
  if (batches_ && !connected_) say_connected({}, {}, step);
  std::vector<Wish> wishes;
  wishes.push_back(std::move(*waiting_->later));
  waiting_->later.reset();
  begin(Waiting::Kind::path, {}, std::move(wishes), step);
}

void Conversation::look_at(std::uint32_t number, Step& step) {
  Item& item = waiting_->items[number];
  const std::string& name = item.wish.channel;
  if (!item.wish.problem.empty()) return fail(item, {Code::bad_request, item.wish.problem}, step);
  const auto channel = parse_channel(name);
  if (!channel) {
    return fail(item, {Code::bad_request, "A channel's name has at most 256 characters of visible ASCII."}, step);
  }
  const bool leaves = waiting_->kind == Waiting::Kind::unsubscribe;
  const auto source = source_of(channel->family);
  if (!source) {
    return fail(item, leaves ? Failure{Code::not_found, "Not subscribed to " + name + "."} : not_offered(name), step);
  }
  item.family = channel->family;
  if (const auto understood = understand(item, step.terms); !understood) return fail(item, understood.error(), step);
  const std::string container(channel->rest);
  if (!is_of_container(item.family) || is_full_id(container)) return found(item, container, step);
  // One `connect` must not ask the Engine for more names than it may follow channels.
  if (number >= step.terms.settings.subscriptions_max) return fail_as_too_many(item, step);
  item.state = Item::State::resolving;
  const auto engine = item.options.start.engine();
  step.effects.emplace_back(Resolve{number, container, engine ? engine : item.page.engine()});
}

Effects Conversation::resolved(std::uint32_t number, const Resolution& resolution, const Terms& terms) {
  Step step{terms};
  Item& item = waiting_->items[number];
  CHECK(item.state == Item::State::resolving);
  if (resolution.id) {
    found(item, *resolution.id, step);
  } else {
    fail(item, resolution.id.error(), step, resolution.candidates);
  }
  return finish(step);
}

void Conversation::found(Item& item, const std::string& container, Step& step) {
  item.container = container;
  if (!allowed(item, step)) {
    // What somebody may not see does not exist for them.
    const Failure hidden{Code::not_found, "No such container: " + std::string(parse_channel(item.wish.channel)->rest)};
    const Failure forbidden{Code::forbidden, "You may not follow " + item.wish.channel + "."};
    return fail(item, is_of_container(item.family) ? hidden : forbidden, step);
  }
  if (waiting_->kind == Waiting::Kind::history && item.family == Family::app) {
    item.state = Item::State::reading;
    step.effects.emplace_back(ReadMessages{static_cast<std::uint32_t>(&item - waiting_->items.data()),
                                           channel_name(item.family, container), item.messages.range});
    return;
  }
  if (waiting_->kind == Waiting::Kind::history) {
    item.page.container = container;
    item.state = Item::State::reading;
    step.effects.emplace_back(ReadPage{static_cast<std::uint32_t>(&item - waiting_->items.data()), item.page});
    return;
  }
  const std::string channel = channel_name(item.family, container);
  if (waiting_->kind == Waiting::Kind::presence) {
    item.state = Item::State::asking;
    step.effects.emplace_back(AskPresence{static_cast<std::uint32_t>(&item - waiting_->items.data()), channel});
    return;
  }
  const auto existing = subscription_of(channel, step.terms);
  if (waiting_->kind == Waiting::Kind::unsubscribe) {
    if (!existing) return fail(item, {Code::not_found, "Not subscribed to " + item.wish.channel + "."}, step);
    item.subscription = *existing;
    item.state = Item::State::unfollowing;
    step.effects.emplace_back(Unfollow{*existing});
    return;
  }
  if (existing) {
    // The same channel twice in one `connect`: the second has its turn when the first was answered.
    const bool taken = waiting_for(*existing, Item::State::following) != nullptr;
    item.subscription = *existing;
    if (!taken) return follow(item, false, step);
    item.state = Item::State::queued;
    return;
  }
  const auto used = std::count_if(subscriptions_.begin(), subscriptions_.end(), [](auto each) { return each != 0; });
  if (static_cast<std::size_t>(used) >= step.terms.settings.subscriptions_max) return fail_as_too_many(item, step);
  // The smallest free number, as the fan-out counts them.
  auto free = std::find(subscriptions_.begin(), subscriptions_.end(), 0U);
  if (free == subscriptions_.end()) {
    subscriptions_.reserve(subscriptions_.size() + 1);  // most have one or two: no spare room
    free = subscriptions_.insert(subscriptions_.end(), 0);
  }
  *free = step.terms.channels.acquire(channel);
  item.subscription = static_cast<std::uint32_t>(free - subscriptions_.begin());
  follow(item, true, step);
}

void Conversation::fail_as_too_many(Item& item, Step& step) {
  const std::string most = std::to_string(step.terms.settings.subscriptions_max);
  step.effects.emplace_back(Strike{Limit::subscriptions});
  fail(item, {Code::too_many, "A connection has at most " + most + " subscriptions."}, step);
}

void Conversation::follow(Item& item, bool fresh, Step& step) {
  using feeds::Form;
  const bool unwrapped = unwrapped_ && waiting_->kind == Waiting::Kind::path && item.family >= Family::app;
  const Form form = unwrapped ? Form::payload : batches_ ? Form::batch : quiet_ ? Form::quiet_line : Form::line;
  item.state = Item::State::following;
  const feeds::Shape shape{form, item.options.out, item.options.err, deflate_};
  feeds::Who who;
  if (item.family == Family::app)
    who = {session_name(step.terms), std::string(identity_.subject()), item.options.presence};
  step.effects.emplace_back(Follow{item.subscription, fresh, *source_of(item.family), item.container, shape,
                                   item.options.start, std::move(who)});
}

Effects Conversation::subscribed(std::uint32_t subscription, const feeds::Subscribed& answer, const Terms& terms) {
  Step step{terms};
  Item* item = waiting_for(subscription, Item::State::following);
  if (item == nullptr) return {};
  Message message = reply("subscribed");
  message.text("channel", channel_name(item->family, item->container)).text("requested", item->wish.channel);
  settle(*item, add_answer(message, answer).take(), step);
  return finish(step);
}

Effects Conversation::refused(std::uint32_t subscription, const base::Error& error, const Terms& terms) {
  Step step{terms};
  Item* item = waiting_for(subscription, Item::State::following);
  if (item != nullptr) {
    forget(subscription, step);
    fail(*item, error, step);
  } else if (subscriptions_[subscription] != 0) {  // it was answered before, and cannot go on
    const std::string channel = terms.channels.name(subscriptions_[subscription]);
    forget(subscription, step);
    const Failure failure(error);
    say_error(Message("error").text("channel", channel), failure, step);
    if (quiet_) step.effects.emplace_back(Hang{row(failure.code).close, failure.message});  // it was the path's
  }
  return finish(step);
}

Effects Conversation::unfollowed(std::uint32_t subscription, const Terms& terms) {
  Step step{terms};
  if (Item* item = waiting_for(subscription, Item::State::unfollowing); item != nullptr) {
    forget(subscription, step);
    settle(*item, reply("unsubscribed").text("channel", channel_name(item->family, item->container)).take(), step);
  }
  return finish(step);
}

Effects Conversation::ended(std::uint32_t subscription, const Terms& terms) {
  Step step{terms};
  // Whoever asked for the same meanwhile gets an answer of its own, and the number stays until then.
  const bool asked = waiting_for(subscription, Item::State::following) != nullptr ||
                     waiting_for(subscription, Item::State::unfollowing) != nullptr;
  if (!asked && subscriptions_[subscription] != 0) forget(subscription, step);
  return std::move(step.effects);
}

Effects Conversation::give_up(const Terms& terms) {
  Step step{terms};
  say_error(Message("error"), {Code::unauthorized, "No credentials came in time."}, step);
  step.effects.emplace_back(Hang{close_code::no_credentials, "No credentials came in time."});
  return std::move(step.effects);
}

void Conversation::end(ChannelNames& channels) {
  for (const ChannelNames::Number channel : subscriptions_)
    if (channel != 0) channels.release(channel);
  subscriptions_.clear();
  waiting_.reset();
}

}  // namespace api
