#include "sim/message_truth.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace sim {

using messages::Message;
using messages::print_epoch;

MessageTruth::MessageTruth(SimRedisStore& store, const std::string& channel, std::uint64_t kept)
    : store_(store),
      stream_("dockcast:stream:{" + channel + "}"),
      meta_("dockcast:meta:{" + channel + "}"),
      kept_(kept) {}

std::string MessageTruth::look() {
  const auto* meta = store_.fields(meta_);
  if (meta == nullptr) return {};
  const auto end = Position::parse(meta->at("e") + ":" + meta->at("o"));
  if (!end) return "the store has an end that is none";
  if (now_.epoch != end->epoch) {
    if (std::string wrong = open(end->epoch, end->offset); !wrong.empty()) return wrong;
  }
  if (end->offset == now_.top) return {};
  if (end->offset != now_.top + 1) return "offset " + std::to_string(end->offset) + " follows " + top()->print();
  return store(end->offset);
}

std::string MessageTruth::open(std::uint64_t epoch, Offset at) {
  if (epochs_.contains(epoch)) return "the epoch " + print_epoch(epoch) + " begins again in another data set";
  if (at != now_.top) return "the epoch " + print_epoch(epoch) + " does not begin where the data set ends";
  epochs_[epoch] = {now_.epoch, at, {}};
  now_.epoch = epoch;
  return {};
}

std::string MessageTruth::store(Offset offset) {
  Epoch& epoch = epochs_.at(*now_.epoch);
  const auto& entry = store_.make_stream(stream_).at(offset);
  Message message;
  message.position = {*now_.epoch, offset};
  if (!messages::take_body(entry.body, message)) return "a message is stored that is none";
  const std::string at = message.position.print();
  if (offset <= epoch.top())
    return "the position " + at + " is given to " + message_at(message.position)->data + " and to " + message.data;
  for (const Position& each : places_of(message.data))
    if (has(each)) return "the message " + message.data + " is stored at " + each.print() + " and again at " + at;
  places_[message.data].push_back(message.position);
  epoch.messages.push_back(std::move(message));
  now_.top = offset;
  return {};
}

void MessageTruth::change() {
  before_.push_back(now_);
  ++changes_;
}

void MessageTruth::flush() {
  change();
  now_ = {};
}

void MessageTruth::fail_over() {
  change();
  now_ = forked_;
}

std::optional<messages::Position> MessageTruth::top() const {
  return now_.epoch ? std::optional(Position{*now_.epoch, now_.top}) : std::nullopt;
}

const std::vector<messages::Position>& MessageTruth::places_of(const std::string& data) const {
  static const std::vector<Position> nowhere;
  const auto found = places_.find(data);
  return found == places_.end() ? nowhere : found->second;
}

const Message* MessageTruth::message_at(const Position& at) const {
  const auto found = epochs_.find(at.epoch);
  if (found == epochs_.end() || at.offset <= found->second.start || at.offset > found->second.top()) return nullptr;
  return &found->second.messages[at.offset - found->second.start - 1];
}

bool MessageTruth::knows(const Position& at) const {
  const auto found = epochs_.find(at.epoch);
  return found != epochs_.end() && at.offset <= found->second.top();
}

std::uint64_t MessageTruth::epoch_of(std::uint64_t epoch, Offset offset) const {
  for (;;) {
    const Epoch& each = epochs_.at(epoch);
    if (!each.parent || offset > each.start) return epoch;
    epoch = *each.parent;
  }
}

messages::Position MessageTruth::place(Position at) const { return {epoch_of(at.epoch, at.offset), at.offset}; }

std::optional<MessageTruth::Offset> MessageTruth::common(const Position& a, const Position& b) const {
  Offset until = std::min(a.offset, b.offset);
  for (;;) {  // one step back in time for whichever is in the younger epoch
    const std::uint64_t of_a = epoch_of(a.epoch, until), of_b = epoch_of(b.epoch, until);
    if (of_a == of_b) return until;
    const Epoch &in_a = epochs_.at(of_a), &in_b = epochs_.at(of_b);
    if (!in_a.parent && !in_b.parent) return std::nullopt;
    until = std::max(in_a.parent ? in_a.start : 0, in_b.parent ? in_b.start : 0);
  }
}

bool MessageTruth::has(const DataSet& set, const Position& at) const {
  return set.epoch && at.offset <= set.top && place(at) == place({*set.epoch, at.offset});
}

bool MessageTruth::has(const Position& at) const { return has(now_, at); }

bool MessageTruth::was_gone(const Position& at) const {
  const auto gone = [&](const DataSet& set) { return has(set, at) && at.offset + kept_ <= set.top; };
  return gone(now_) || std::any_of(before_.begin(), before_.end(), gone);
}

std::optional<bool> MessageTruth::remembers(std::uint64_t by, std::uint64_t epoch) const {
  for (std::size_t steps = 0; by != epoch; ++steps) {
    const auto& parent = epochs_.at(by).parent;
    if (!parent) return false;
    if (steps + 1 >= messages::past_max) return std::nullopt;
    by = *parent;
  }
  return true;
}

MessageTruth::Outlook MessageTruth::outlook(const Position& at) const {
  using Kind = Outlook::Kind;
  if (!now_.epoch) return {Kind::recreated};
  const auto remembered = remembers(*now_.epoch, at.epoch);
  if (!remembered) return {.sure = false};
  if (!*remembered) return {Kind::recreated};
  Offset until = now_.top;  // of its epoch
  for (std::uint64_t each = *now_.epoch; each != at.epoch; each = *epochs_.at(each).parent)
    until = std::min(until, epochs_.at(each).start);
  const Offset gone = now_.top - std::min(now_.top, kept_);
  if (at.offset > until) return {Kind::failover, std::max(until, gone)};
  if (at.offset < gone) return {Kind::trimmed, gone};
  return {Kind::full};
}

}  // namespace sim
