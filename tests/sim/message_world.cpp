#include "sim/message_world.hpp"

#include <algorithm>

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t instances = 3;
constexpr std::uint64_t events_max = 5'000'000;  // of one wait: beyond, something turns without end
constexpr net::Duration connected_within = 30s, healed_within = 30s;

template <class T>
T one_of(net::Random& random, std::initializer_list<T> values) {
  return *(values.begin() + random.below(values.size()));
}

}  // namespace

MessageWorld::Plan MessageWorld::draw(net::Random& random) {
  Plan plan;
  plan.kept = one_of<std::uint64_t>(random, {3, 15, 15, 60, 1000});
  plan.ring_bytes = one_of<std::size_t>(random, {2 << 10, 2 << 10, 64 << 10});
  plan.padding_max = one_of<std::size_t>(random, {0, 0, 100, 3'000});
  plan.listeners = 2 + random.below(4);
  if (random.chance(0.5)) plan.net = net::SimFaults::rough();
  plan.chaos = 3s + net::Duration(random.below(6'000'000'000));
  plan.last_word_lost = random.chance(0.5);
  plan.away = random.chance(0.5);
  return plan;
}

MessageWorld::MessageWorld(std::uint64_t seed, Say say)
    : net_(seed), random_(seed ^ 0x3e55a9e5), plan_(draw(random_)), say_(std::move(say)), here_(instances) {
  redis_.watch([this] { check("redis", truth_.look()); });
  redis_.lose([this](std::string_view channel, std::string_view frame) { return loses(channel, frame); });
  for (std::size_t i = 0; i < plan_.listeners; ++i)
    listeners_.push_back({"listener" + std::to_string(i), MessageJudge(truth_, tally_)});
}

MessageWorld::~MessageWorld() {
  for (Here& each : here_) each.calls.cancel();
  here_.clear();
}

void MessageWorld::say(const std::string& who, const std::string& what) const {
  if (say_) say_(net_.now().time_since_epoch(), who, what);
}

void MessageWorld::check(const std::string& who, const std::string& wrong) {
  if (wrong.empty()) return;
  say("!!", who + ": " + wrong);
  if (broken_.empty()) broken_ = who + ": " + wrong;
}

bool MessageWorld::run_until(const std::function<bool()>& done, net::Duration limit) {
  std::uint64_t events = 0;
  const auto over = [&] {
    if (++events == events_max) check("world", "too much happens: something turns without end");
    return !broken_.empty() || done();
  };
  return net_.run_until(over, limit) && broken_.empty();
}

bool MessageWorld::run_for(net::Duration duration) {
  run_until([] { return false; }, duration);
  return broken_.empty();
}

void MessageWorld::start(std::size_t number) {
  Here& here = here_[number];
  if (here.instance) return;
  say("i" + std::to_string(number), "starts");
  feeds::MessageFeeds::Settings settings;
  settings.rules.add(*messages::Rules::parse("*=" + std::to_string(plan_.kept) + "/1h"));
  here.instance =
      std::make_unique<MessageInstance>(net_, "i" + std::to_string(number), true, settings, plan_.ring_bytes);
  here.deserted = net::Instant::min();
}

// As SIGKILL. Nobody is told anything.
void MessageWorld::kill(std::size_t number) {
  Here& here = here_[number];
  if (!here.instance) return;
  say("i" + std::to_string(number), "is killed");
  for (Listener& each : listeners_) {
    if (!each.here || each.at != number) continue;
    if (random_.chance(0.5)) look(each);
    gone(each);
  }
  net_.host("i" + std::to_string(number)).kill();
  here.calls.cancel();
  here.instance.reset();
  here.listeners = 0;
  for (const MessageAnswers::Call call : std::exchange(here.open, {})) {
    answers_.lose(call);
    if (random_.chance(0.8)) call_later(word_of_.at(call), net::Duration(random_.below(2'000'000'000)));
  }
}

bool MessageWorld::connected() const {
  return std::all_of(here_.begin(), here_.end(), [](const Here& each) {
    return each.instance && each.instance->bus().state() == bus::State::connected;
  });
}

std::size_t MessageWorld::any_up() {
  std::vector<std::size_t> up;
  for (std::size_t i = 0; i < here_.size(); ++i)
    if (here_[i].instance && !here_[i].paused) up.push_back(i);
  return up[random_.below(up.size())];  // two are never down at once
}

bool MessageWorld::quiet() const {
  return std::all_of(here_.begin(), here_.end(), [](const Here& each) { return each.open.empty(); });
}

Verdict MessageWorld::run() {
  for (std::size_t i = 0; i < here_.size(); ++i) start(i);
  if (!run_until([this] { return connected(); }, connected_within)) check("world", "the instances never connected");
  net_.faults() = plan_.net;
  while (broken_.empty() && net_.now().time_since_epoch() < plan_.chaos) {
    step();
    run_for(net::Duration(random_.below(200'000'000)));
    come_and_look();
  }
  if (broken_.empty()) heal();
  if (broken_.empty()) everybody_has_everything();
  if (broken_.empty() && plan_.away) be_away_for_a_minute();
  if (broken_.empty()) check("world", answers_.at_end());
  count();
  return {broken_, tally_, net_.now().time_since_epoch(), net_.trace()};
}

void MessageWorld::heal() {
  say("world", "heals");
  chaos_ = false;
  for (auto& [number, undo] : std::exchange(undo_, {})) undo();
  // A connection that was made among faults may be doomed to be cut, and with it a tip, of which there is one.
  if (std::exchange(net_.faults(), {}).cut > 0) {
    for (std::size_t i = 0; i < here_.size(); ++i) net_.cut(net_.host("i" + std::to_string(i)), redis_site_.host);
  }
  net_.heal_all();
  lost_ = 0;
  unstall();
  for (Listener& each : listeners_) each.back = net_.now();
  const bool all = run_until([this] { return connected() && quiet(); }, connected_within);
  if (!all) check("world", "half a minute after all is healed somebody is not connected or waits for an answer");
}

void MessageWorld::everybody_has_everything() {
  for (net::Duration waited{}; waited < 3s && broken_.empty(); waited += 100ms) {
    run_for(100ms);
    come_and_look();
  }
  if (plan_.last_word_lost) lost_messages_ = 1, ++tally_["messages: last words lost"];
  if (broken_.empty() && !publish_for_sure()) check("world", "nothing can be published, though all is healed");
  run_for(10ms);
  lost_messages_ = 0;
  std::string missing = "nobody looked";
  for (net::Duration waited{}; !missing.empty() && waited < healed_within; waited += 50ms) {
    if (!run_for(50ms)) return;
    come_and_look();
    missing = this->missing();
  }
  if (!missing.empty()) check("world", "half a minute after all is healed " + missing);
}

void MessageWorld::be_away_for_a_minute() {
  Listener& who = listeners_[random_.below(listeners_.size())];
  Absence how = one_of(random_, {Absence::within, Absence::beyond, Absence::flush, Absence::failover});
  if (how == Absence::beyond && plan_.kept > 100) how = Absence::within;
  away(who, how);
  run_for(60s);
  const std::size_t at = random_.below(here_.size());
  join(who, at, MessageJudge::Knows::the_data_set);
  who.back = net_.now();
  everybody_has_everything();
}

// What everybody else hears, so that every instance that it may come back to knows what there is.
void MessageWorld::away(Listener& who, Absence how) {
  static constexpr std::array<const char*, 4> names = {"within the history", "beyond the history",
                                                       "and Redis is flushed", "and what it heard is lost"};
  const std::string name = names[static_cast<std::size_t>(how)];
  say(who.name, "is away for a minute, " + name);
  ++tally_["messages: away for a minute, " + name];
  if (how == Absence::failover) {
    redis_.fork();
    truth_.fork();
    publish_for_sure();
    run_for(1s);
    come_and_look();
  }
  leave(who);
  who.back = net::Instant::max();
  if (how == Absence::flush) {
    redis_.flush();
    truth_.flush();
  } else if (how == Absence::failover) {
    redis_.fail_over();
    truth_.fail_over();
    run_until([this] { return !connected(); }, 5s);
    run_until([this] { return connected(); }, connected_within);
  }
  const std::uint64_t few = 1 + random_.below(std::min<std::uint64_t>(plan_.kept, 20));
  const std::uint64_t messages = how == Absence::beyond ? plan_.kept + few : few;
  for (std::uint64_t i = 0; i < messages && broken_.empty(); ++i) publish_for_sure();
}

}  // namespace sim
