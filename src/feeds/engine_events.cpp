#include "feeds/engine_events.hpp"

#include <algorithm>

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration down_patience = 5s;  // of a reader that the Engine does not answer; another may reach it
constexpr net::Duration gather = 20ms;       // wishes of several
constexpr net::Duration past_pause = 100ms;  // what the Engine remembers has the time to come
constexpr net::Duration wish_pause = 250ms;  // between two wishes
constexpr net::Duration wish_again = 1s;     // one that was not answered
constexpr net::Duration look_every = 15s;    // whether the Engine answers us who do not read it
constexpr int past_pauses_max = 20;          // where somebody knows of more than has come
constexpr std::size_t places_max = 64;

}  // namespace

EngineEvents::EngineEvents(Parts parts, docker::EngineIdentity engine, net::Duration lease_ttl,
                           docker::EventWatch::Listener& told)
    : parts_(parts),
      engine_(std::move(engine)),
      loop_(parts.engine.loop()),
      told_(told),
      memory_(engine_.key),
      shared_({parts.engine, parts.bus, parts.lease, counts_, lease_ttl}, engine_.id + "/docker:events", *this) {
  observing_ = parts.bus.on_state([this](bus::State) { shared_.on_bus_state(); });
  shared_.want(true);
  if (!reading()) looking_ = net::Job(look_whether_it_answers());
}

EngineEvents::~EngineEvents() = default;

// --- whose turn it is ------------------------------------------------------------------------------------------------

void EngineEvents::on_turn(bool reads) {
  connected_ = false;
  places_.clear();
  wish_.cancel();
  answer_.cancel();
  down_.cancel();
  remembering_ = {};
  place_.fall_behind();
  picture_wish_ = EngineWish::Picture::none;
  if (reads) {
    looking_ = {};
    shared_.set_engine_answers(engine_up_);
    watch_.emplace(parts_.engine, static_cast<docker::EventWatch::Listener&>(*this), memory_.last());
  } else {
    reached_ = engine_up_;
    watch_.reset();
    looking_ = net::Job(look_whether_it_answers());
  }
  if (picture_ != nullptr) picture_->on_turn(reads);
}

net::Task<void> EngineEvents::look_whether_it_answers() {
  for (;;) {
    const auto answered = co_await parts_.engine.ping();
    reached_ = answered.has_value();
    co_await loop_.sleep(look_every);
  }
}

void EngineEvents::set_engine(bool answers, const base::Error& why) {
  if (std::exchange(engine_up_, answers) == answers) return;
  if (!reading()) looking_ = net::Job(look_whether_it_answers());  // at once: it may be so for us too
  if (answers) {
    told_.on_up();
  } else {
    told_.on_down(why);
  }
}

// --- we read ---------------------------------------------------------------------------------------------------------

bool EngineEvents::pass(const docker::Event& event) {
  if (memory_.knows(event)) return false;
  memory_.add(event);
  told_.on_event(event);
  return true;
}

void EngineEvents::on_event(const docker::Event& event) {
  if (!pass(event)) return;
  EngineNews news;
  news.events = {event.json};
  publish(news);
}

void EngineEvents::on_missed() {
  memory_.broke();
  EngineNews news;
  news.kind = EngineNews::Kind::missed;
  publish(news);
  told_.on_missed();
}

void EngineEvents::on_resync() {
  EngineNews news;
  news.kind = EngineNews::Kind::resync;
  publish(news);
  if (!connected_) remembering_ = net::Job(hear_the_past());
  told_.on_resync();
}

// Nobody is answered before what the Engine remembers is here: it would not be whole. The Engine says it with its first
// answer, and a second answer comes behind that, or a moment before. What somebody knows of comes too, or is forgotten.
net::Task<void> EngineEvents::hear_the_past() {
  for (int pauses = 0; pauses == 0 || (somebody_is_ahead() && pauses < past_pauses_max);) {
    const auto answered = co_await parts_.engine.ping();
    co_await loop_.sleep(past_pause);
    if (answered) ++pauses;
  }
  const bool forgotten = somebody_is_ahead();
  connected_ = true;
  answer_wishes();
  if (forgotten) on_missed();
}

bool EngineEvents::somebody_is_ahead() const {
  return std::any_of(places_.begin(), places_.end(), [this](const auto& place) {
    return memory_.after({engine_.key, place.first, place.second}).ahead;
  });
}

void EngineEvents::on_up() {
  down_.cancel();
  shared_.set_engine_answers(true);
  set_engine(true, {});
}

void EngineEvents::on_down(const base::Error& why) {
  down_ = loop_.after(down_patience, [this] { shared_.yield(); });
  shared_.set_engine_answers(false);
  set_engine(false, why);
}

void EngineEvents::on_wish(std::string_view body) {
  const auto wish = decode_wish(body);
  if (!wish) return counts_.add(Undecodable::malformed);
  if (wish->picture != EngineWish::Picture::none && picture_ != nullptr)
    picture_->on_wish(wish->picture == EngineWish::Picture::whole);
  if (!wish->events || places_.size() >= places_max) return;
  if (places_.empty() && connected_) answer_ = loop_.after(gather, [this] { answer_wishes(); });
  places_.emplace(wish->events->time_ns, wish->events->count);
}

void EngineEvents::answer_wishes() {
  for (const auto& [time_ns, count] : std::exchange(places_, {})) send_history({engine_.key, time_ns, count});
}

// Who is ahead of us hears what it lacks when we have read it.
void EngineEvents::send_history(docker::EventPosition behind) {
  const docker::EventMemory::Since since = memory_.after(behind);
  EngineNews piece;
  piece.kind = EngineNews::Kind::history;
  piece.complete = since.complete || since.ahead;
  piece.time_ns = behind.time_ns;
  piece.count = behind.count;
  std::size_t bytes = 0;
  for (std::size_t i = since.first; i < memory_.entries().size(); ++i) {
    if (bytes >= piece_bytes) {
      piece.last = false;
      publish(piece);
      piece.first = false;
      piece.events.clear();
      bytes = 0;
    }
    piece.events.push_back(memory_.entries()[i].event.json);
    bytes += piece.events.back().size();
  }
  piece.last = true;
  publish(piece);
}

// --- another reads ---------------------------------------------------------------------------------------------------

void EngineEvents::on_heard(const SharedFrame& frame) {
  set_engine(frame.engine_answers, {base::Fault::unavailable, "It does not answer the instance that reads its events"});
  const bool joined = place_.joined();
  const bool fresh = place_.take(frame);
  if (joined && !place_.joined()) fall_behind();
  if (fresh) {
    auto news = decode_news(frame.body);
    if (news) {
      hear(std::move(*news));
    } else {
      counts_.add(Undecodable::malformed);
      fall_behind();
    }
  }
  if (place_.behind() && loop_.now() - wished_at_ >= wish_pause) say_wish();
}

void EngineEvents::on_hearing() { say_wish(); }

void EngineEvents::on_deaf() { fall_behind(); }

void EngineEvents::fall_behind() {
  place_.fall_behind();
  if (picture_ != nullptr) picture_->on_hole();
}

void EngineEvents::hear(EngineNews news) {
  if (news.kind == EngineNews::Kind::history) return catch_up(news);
  if (!place_.joined()) return;  // it is in the history that we wish for
  switch (news.kind) {
    case EngineNews::Kind::event:
      for (const std::string& each : news.events)
        if (const auto event = docker::parse_event(each)) pass(*event);
      return;
    case EngineNews::Kind::missed:
      memory_.broke();
      return told_.on_missed();
    case EngineNews::Kind::resync:
      return told_.on_resync();
    case EngineNews::Kind::history:
      return;
    case EngineNews::Kind::changes:
    case EngineNews::Kind::picture:
      if (picture_ != nullptr) picture_->on_picture(std::move(news));
      return;
  }
}

// Of our own place only: what another wished for may begin elsewhere.
void EngineEvents::catch_up(const EngineNews& history) {
  const docker::EventPosition present = memory_.present();
  if (place_.behind() && history.first && history.time_ns == present.time_ns && history.count == present.count) {
    place_.catch_up();
    if (!history.complete) {
      memory_.broke();
      told_.on_missed();
    }
  }
  if (!place_.catching_up()) return;
  for (const std::string& each : history.events)
    if (const auto event = docker::parse_event(each)) pass(*event);
  if (!history.last) return;
  place_.join();
  told_.on_resync();
}

void EngineEvents::wish(EngineWish::Picture picture) {
  const bool now = picture == EngineWish::Picture::whole || picture_wish_ == EngineWish::Picture::none;
  picture_wish_ = picture;
  if (reading() || picture == EngineWish::Picture::none || !now) return;
  if (loop_.now() - wished_at_ >= wish_pause) return say_wish();
  wish_ = loop_.after(wish_pause, [this] { say_wish(); });
}

void EngineEvents::say_wish() {
  if (reading()) return;
  const bool urgent = !place_.joined() || picture_wish_ == EngineWish::Picture::whole;
  if (!urgent && picture_wish_ == EngineWish::Picture::none) return;
  EngineWish wish;
  if (place_.behind()) wish.events = memory_.present();
  wish.picture = picture_wish_;
  wished_at_ = loop_.now();
  shared_.wish(encode(wish));
  wish_ = loop_.after(urgent ? wish_again : shared_.beat() * 5 / 2, [this] { say_wish(); });
}

}  // namespace feeds
