#include "sim/message_judge.hpp"

#include <algorithm>

namespace sim {
namespace {

using Kind = MessageTruth::Outlook::Kind;
namespace json = boost::json;

std::string text(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::full:
      return "full";
    case Kind::recreated:
      return "none";
    default:
      return "partial";
  }
}

}  // namespace

void MessageJudge::ask(Knows knows) {
  asked_ = {knows, truth_.changes(), {}};
  if (!position_.empty()) asked_.outlook = truth_.outlook(stands());
  owed_.reset();
}

std::string MessageJudge::hear(const feeds::Subscribed& answer) {
  const auto to = Position::parse(answer.position);
  if (!to || !truth_.knows(*to)) return "subscribed at " + answer.position + ", where nothing ever was";
  if (!position_.empty()) return resume(answer, *to);
  if (!answer.recovered.empty()) return "recovered is said to one who gave no position";
  position_ = answer.position;
  return {};
}

std::string MessageJudge::resume(const feeds::Subscribed& answer, const Position& to) {
  ++tally_["messages: recovered " + answer.recovered];
  if (answer.recovered == "full") {
    if (answer.position != position_) return "full, but it goes on from " + answer.position + " and not " + position_;
    // Behind what was trimmed it may go on from an instance's memory.
    const bool remembered = asked_.knows == Knows::the_data_set && asked_.outlook.kind == Kind::trimmed;
    return asked_.knows == Knows::anything || remembered ? "" : misjudged(Kind::full, to);
  }
  if (answer.recovered == "none") {
    if (std::string wrong = misjudged(Kind::recreated, to); !wrong.empty()) return wrong;
    if (truth_.changes() == asked_.changes && !truth_.has(to))
      return "none, and it goes on from " + answer.position + ", which is not there any more";
    position_ = answer.position;
    return {};
  }
  if (answer.recovered != "partial") return "recovered is " + answer.recovered;
  if (!answer.lost) return "partial is said, and not what is lost";
  owed_ = Lost{answer.lost->from, answer.lost->to, answer.lost->reason};
  if (owed_->from != position_ || owed_->to != answer.position)
    return "at " + position_ + " partial is said with what is lost from " + owed_->from + " to " + owed_->to +
           ", and goes on from " + answer.position;
  return misjudged(owed_->reason == "failover" ? Kind::failover : Kind::trimmed, to);
}

// Where the data set stayed the same it is known what can be said: what was so when it asked, or is so now.
std::string MessageJudge::misjudged(Kind kind, const Position& to) const {
  const MessageTruth::Outlook then = asked_.outlook, now = truth_.outlook(stands());
  if (truth_.changes() != asked_.changes || !then.sure || !now.sure) return {};
  const std::string said = "at " + position_ + " " + name_of(kind) + " is said";
  if (kind != then.kind && kind != now.kind) return said + ", and " + name_of(now.kind) + " is true";
  const bool exact = to.offset >= then.to && to.offset <= now.to;
  const bool partial = kind == Kind::trimmed || kind == Kind::failover;
  return partial && !exact ? said + " up to " + to.print() + ", and true is " + std::to_string(now.to) : "";
}

std::string MessageJudge::hear(const json::object& message) {
  const std::string type = text(message, "type");
  if (position_.empty()) return type + " comes before subscribed";
  if (type == "gap") return hear_gap({text(message, "from"), text(message, "to"), text(message, "reason")});
  if (type == "message") return hear_message(message);
  return type + " is nothing that was asked for";
}

std::string MessageJudge::hear_gap(const Lost& gap) {
  const std::string said = "at " + position_ + " a gap from " + gap.from + " to " + gap.to + ", " + gap.reason;
  if (const auto owed = std::exchange(owed_, {}); owed && *owed != gap)
    return said + ", and not the one of subscribed, to " + owed->to;
  const auto from = Position::parse(gap.from), to = Position::parse(gap.to);
  if (!from || !truth_.knows(*from) || truth_.place(*from) != truth_.place(stands())) return said;
  if (!to || !truth_.knows(*to)) return said + ": there never was such a place";
  if (const std::string wrong = unexplained(*from, *to, gap.reason); !wrong.empty()) return said + ": " + wrong;
  position_ = gap.to;
  if (gap.reason == "recreated") told_.clear();
  reasons_.push_back(gap.reason);
  ++tally_["messages: gaps " + gap.reason];
  return {};
}

// Whether that is what is missing behind where it stands, for that reason. By the name that `from` has for that place:
// where an epoch ended there, the next one is told, and a second failover may have lost that one.
std::string MessageJudge::unexplained(const Position& from, const Position& to, const std::string& reason) const {
  std::optional<std::uint64_t> had = 0;  // until there it has what the data set has
  if (reason == "recreated") {
    if (truth_.remembers(to.epoch, from.epoch).value_or(false)) return "the data set remembers that epoch";
  } else if (had = truth_.common(from, to); !had) {
    return "both have nothing in common";
  } else if (reason == "trimmed") {
    if (*had < from.offset) return "what it has is not there any more";
    if (to.offset == from.offset) return "nothing is missing";
  } else if (reason != "failover") {
    return "there is no such reason";
  } else if (*had == from.offset) {
    return "no failover lost what it has";
  }
  return to.offset > *had && !truth_.was_gone(to) ? "what it covers is still there" : "";
}

std::string MessageJudge::hear_message(const json::object& message) {
  const auto at = Position::parse(text(message, "position"));
  const messages::Message* truth = at ? truth_.message_at(*at) : nullptr;
  const std::string data = json::serialize(message.at("data"));
  if (truth == nullptr) return "at " + text(message, "position") + " " + data + " is told, which was never stored";
  if (truth->data != data) return "at " + at->print() + " " + data + " is told, and stored is " + truth->data;
  if (truth->message_id != text(message, "message_id") || truth->from != text(message, "from"))
    return "at " + at->print() + " another id or publisher is told";
  if (told_.contains({at->epoch, at->offset})) return at->print() + " is told twice";
  if (owed_) return at->print() + " is told before the gap that partial owes";
  const Position before{at->epoch, at->offset - 1};
  if (truth_.place(before) != truth_.place(stands())) return "behind " + position_ + " comes " + at->print();
  position_ = at->print();
  told_.emplace(at->epoch, at->offset);
  ++told_count_;
  return {};
}

std::string MessageJudge::missing() const {
  const auto top = truth_.top();
  if (position_.empty()) return "it stands nowhere";
  if (top && truth_.place(*top) == truth_.place(stands())) return {};
  return "it stands at " + position_ + ", and the end is " + (top ? top->print() : "nowhere");
}

MessageAnswers::Call MessageAnswers::ask(const std::string& data) {
  calls_.push_back({data, truth_.changes()});
  by_data_[data].push_back(calls_.size() - 1);
  return calls_.size() - 1;
}

std::string MessageAnswers::answer(Call number, const base::Result<messages::Published>& answer) {
  Asked& call = calls_[number];
  if (!answer) {
    const bool unknown = answer.error().fault == base::Fault::unknown_outcome;
    call.outcome = unknown ? Outcome::unknown : Outcome::refused;
    ++tally_[unknown ? "messages: unknown outcomes" : "messages: refused"];
    return {};
  }
  call.outcome = answer->duplicate ? Outcome::duplicate : Outcome::stored;
  call.at = answer->position;
  ++tally_[answer->duplicate ? "messages: duplicates" : "messages: published"];
  const std::string wrong = judge(call);
  return wrong.empty() ? "" : call.data + " is published at " + call.at.print() + ": " + wrong;
}

std::string MessageAnswers::judge(const Asked& call) const {
  const messages::Message* truth = truth_.message_at(call.at);
  if (truth == nullptr) return "there is nothing";
  if (truth->data != call.data) return "there is " + truth->data;
  if (truth_.changes() == call.changes && !truth_.has(call.at)) return "that was lost before it was asked for";
  const auto& calls = by_data_.at(call.data);
  if (call.outcome == Outcome::duplicate) return calls.size() == 1 ? "as a duplicate, and it was sent once" : "";
  const bool again = std::any_of(calls.begin(), calls.end(), [&](Call each) {
    const Asked& other = calls_[each];
    return &other != &call && other.outcome == Outcome::stored && other.at == call.at;
  });
  return again ? "not as a duplicate, for the second time" : "";
}

std::string MessageAnswers::at_end() const {
  for (const auto& [data, calls] : by_data_) {
    const auto& places = truth_.places_of(data);
    const auto were = [&](auto... outcomes) {
      return std::all_of(calls.begin(), calls.end(),
                         [&](Call each) { return ((calls_[each].outcome == outcomes) || ...); });
    };
    if (were(Outcome::refused) && !places.empty())
      return data + " was refused, and is stored at " + places.front().print();
    // Not so in two places: where the first was lost with its data set, a call that was told of it may have stored the
    // second, since what it had sent before arrived only then.
    const bool in_one_place =
        std::all_of(calls.begin(), calls.end(), [&](Call each) { return calls_[each].at == calls_[calls.front()].at; });
    if (were(Outcome::duplicate) && in_one_place) return data + " was a duplicate each time";
  }
  return {};
}

}  // namespace sim
