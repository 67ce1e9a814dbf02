// MessageWorld, who publishes and who listens.
#include <algorithm>

#include "sim/message_world.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration feeds_linger =
    6s;  // what an instance knew of a channel that nobody follows is forgotten by then
constexpr int calls_max = 4;

}  // namespace

void MessageWorld::publish() {
  const std::size_t word = words_.size();
  const std::string number = std::to_string(word);
  const bool named = random_.chance(0.7);
  std::string padding;
  if (plan_.padding_max > 0) padding = std::string(random_.below(plan_.padding_max), '.');
  words_.push_back({named ? "m" + number : "", "\"" + number + padding + "\""});
  call(word, any_up());
  // Some say everything twice.
  if (named && random_.chance(0.15))
    call_later(word, random_.chance(0.3) ? 0s : net::Duration(random_.below(3'000'000'000)));
}

void MessageWorld::call_later(std::size_t word, net::Duration when) {
  if (words_[word].id.empty()) return;
  net_.schedule(nullptr, when, [this, word] {
    if (chaos_ && words_[word].calls < calls_max) call(word, any_up());
  });
}

void MessageWorld::call(std::size_t word, std::size_t at) {
  const MessageAnswers::Call number = answers_.ask(words_[word].data);
  if (++words_[word].calls > 1) ++tally_["messages: sent again"];
  word_of_[number] = word;
  here_[at].open.insert(number);
  say("i" + std::to_string(at), "is asked to publish " + words_[word].data.substr(0, 20));
  here_[at].calls.start(ask(at, word, number));
}

net::Task<void> MessageWorld::ask(std::size_t at, std::size_t word, MessageAnswers::Call call) {
  messages::Publication publication;
  publication.channel = "app:chat";
  publication.from = "ann";
  publication.message_id = words_[word].id;
  publication.data = words_[word].data;
  const auto answer = co_await here_[at].instance->feeds().publish(std::move(publication));
  answered(at, word, call, answer);
}

void MessageWorld::answered(std::size_t at, std::size_t word, MessageAnswers::Call call,
                            const base::Result<messages::Published>& answer) {
  here_[at].open.erase(call);
  const std::string what = words_[word].data.substr(0, 20);
  say("i" + std::to_string(at), answer
                                    ? what + " is at " + answer->position.print() + (answer->duplicate ? " twice" : "")
                                    : what + ": " + answer.error().message);
  check("i" + std::to_string(at), answers_.answer(call, answer));
  words_[word].stored = words_[word].stored || answer;
  if (!answer && random_.chance(0.8)) call_later(word, net::Duration(random_.below(2'000'000'000)));
}

// Until one is stored, and nobody waits for an answer.
bool MessageWorld::publish_for_sure() {
  for (int tries = 0; tries < 10 && broken_.empty(); ++tries) {
    const std::size_t word = words_.size();
    publish();
    run_until([this] { return quiet(); }, 10s);
    if (words_[word].stored) return true;
  }
  return false;
}

void MessageWorld::join(Listener& who, std::size_t at, MessageJudge::Knows knows) {
  Here& here = here_[at];
  const bool forgot = here.listeners == 0 && net_.now() - feeds_linger > here.deserted;
  say(who.name, "asks i" + std::to_string(at) + " since " + who.judge.position());
  who.judge.ask(forgot ? MessageJudge::Knows::nothing : knows);
  who.at = at;
  who.here = true;
  who.subscribed = who.stalled = false;
  ++here.listeners;
  who.slot = here.instance->follow("chat", who.judge.position());
}

void MessageWorld::leave(Listener& who) {
  look(who);
  if (!who.here) return;
  say(who.name, "leaves");
  Here& here = here_[who.at];
  here.instance->leave(who.slot);
  if (--here.listeners == 0) here.deserted = net_.now();
  gone(who);
}

// Mostly for a moment, sometimes for longer than an instance remembers.
void MessageWorld::gone(Listener& who) {
  who.here = false;
  const net::Duration most = random_.chance(0.15) ? 8s : 2s;
  who.back = net_.now() + net::Duration(random_.below(static_cast<std::uint64_t>(most.count())));
}

void MessageWorld::look(Listener& who) {
  if (!who.here) return;
  MessageInstance& instance = *here_[who.at].instance;
  if (const auto answer = instance.subscribed.find(who.slot); answer != instance.subscribed.end() && !who.subscribed) {
    who.subscribed = true;
    say(who.name, "subscribed at " + answer->second.position + " " + answer->second.recovered);
    check(who.name, who.judge.hear(answer->second));
  }
  for (const boost::json::object& each : instance.heard(who.slot)) {
    if (!broken_.empty()) return;
    if (say_) say(who.name, "hears " + boost::json::serialize(each).substr(0, 200));
    check(who.name, who.judge.hear(each));
  }
  if (const auto refused = instance.refused.find(who.slot); refused != instance.refused.end()) {
    say(who.name, "is refused: " + refused->second.message);
    ++tally_["messages: subscriptions refused"];
    instance.refused.erase(refused);
    leave(who);
  }
}

void MessageWorld::come_and_look() {
  for (Listener& each : listeners_) {
    look(each);
    if (each.here || !broken_.empty()) continue;
    if (each.back > net_.now()) continue;
    join(each, any_up(), MessageJudge::Knows::anything);
  }
}

std::string MessageWorld::missing() const {
  for (const Listener& each : listeners_) {
    if (!each.here || !each.subscribed) return each.name + " is not subscribed";
    if (const std::string missing = each.judge.missing(); !missing.empty())
      return each.name + " has not everything: " + missing;
  }
  return {};
}

}  // namespace sim
