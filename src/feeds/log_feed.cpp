#include "feeds/log_feed.hpp"

#include "base/log.hpp"
#include "base/planted.hpp"
#include "net/random.hpp"

namespace feeds {
namespace {

constexpr std::size_t waiting_bytes_max = 4 * 1024 * 1024;

LogState state_of(docker::LogEvent event) {
  switch (event) {
    case docker::LogEvent::live:
      return LogState::live;
    case docker::LogEvent::stopped:
      return LogState::stopped;
    case docker::LogEvent::restarted:
      return LogState::restarted;
    case docker::LogEvent::removed:
      return LogState::removed;
    case docker::LogEvent::source_down:
      return LogState::source_down;
    case docker::LogEvent::recovered:
      return LogState::recovered;
  }
  return LogState::unknown;
}

}  // namespace

bool passing(const base::Error& error) {
  switch (error.fault) {
    case base::Fault::not_found:
    case base::Fault::unsupported:
    case base::Fault::bad_request:
      return false;
    default:
      return true;
  }
}

base::Error no_answer(const base::Error& error) {
  return passing(error) ? base::Error{base::Fault::unavailable, "The Docker Engine cannot be asked: " + error.message}
                        : error;
}

LogFeed::LogFeed(Shared& shared, docker::Container container, Owner& owner)
    : shared_(shared),
      loop_(shared.parts.loop),
      container_(std::move(container)),
      owner_(owner),
      messages_("container:logs:" + container_.id, shared.deflater),
      rings_(shared.parts.hub, loop_, messages_),
      share_(shared.budget),
      changed_(loop_) {
  identity_.engine = docker::engine_key(shared.engine_id);
  identity_.container = docker::container_key(container_.id).value_or(std::array<std::uint8_t, 16>{});
  name_ = shared.engine_id + "/" + messages_.channel();
  running_ = net::Job(run());
}

LogFeed::~LogFeed() = default;

// --- what is read and heard ------------------------------------------------------------------------------------------

void LogFeed::on_lines(docker::LogBatch& batch) { read(lines_frame(batch)); }

void LogFeed::on_gap(const docker::Gap& gap) { read(gap_frame(gap)); }

void LogFeed::on_state(docker::LogEvent event) { turn(state_of(event)); }

// From our own reader or a backfill: into the rings, and to the others while the lease is ours. Nothing follows
// `removed`.
void LogFeed::read(LogFrame frame) {
  if (state_ == LogState::removed) return;
  const std::size_t before = frame.entries.size();
  if (count(frame, before, chain_->admit(frame)) != LogChain::Verdict::news) return;
  frame.state = state();
  rings_.publish(frame);
  publish(std::move(frame));
}

// What our reader or the owner's frames say, once: a reader that took over says `live` again, and every frame repeats
// where the log stands, so that a lost status is made good by the next frame or tip.
void LogFeed::turn(LogState word) {
  if (state_ == LogState::removed) return;
  if (word == LogState::source_down) {
    if (!std::exchange(source_down_, true)) say(word);
    return;
  }
  if (std::exchange(source_down_, false)) say(LogState::recovered);
  if (word == LogState::recovered || (word == state_ && !base::planted::status_twice)) return;
  if (word == LogState::stopped && base::planted::status_never) return;
  if (word == LogState::live && state_ == LogState::stopped) turn(LogState::restarted);
  const bool removed = word == LogState::removed;
  // A backfill may still look for it, and comes too late.
  if (removed && wanted_position_ && docker::behind(chain_->at(), *wanted_position_))
    tell_gap(*wanted_position_, "reader");
  state_ = word;
  say(word);
  if (!removed) return;
  loop_.post([alive = std::weak_ptr(alive_), this] {
    if (alive.lock()) owner_.on_removed(*this);
  });
}

void LogFeed::say(LogState word) {
  rings_.publish_status(word, standing());
  if (!reader_) return;
  LogFrame frame;
  frame.kind = LogFrame::Kind::status;
  frame.state = word;
  frame.prev = frame.position = chain_->at();
  publish(std::move(frame));
}

void LogFeed::announce(LogState word) {
  if (chain_ && state_ != LogState::removed) rings_.publish_status(word, standing());
}

void LogFeed::publish(LogFrame frame) {
  if (shared_.parts.bus.state() == bus::State::embedded) return;  // there is nobody else
  if (role_ != Role::owning || loop_.now() > valid_until_) return;
  const bool lines = frame.kind == LogFrame::Kind::lines;
  frame.pull = lines ? !share_.take(encoded_bytes(frame), loop_.now()) : share_.over(loop_.now());
  if (lines && frame.pull != pull_) publish_tip(LogFrame::Kind::tip);
  if (std::exchange(pull_, frame.pull) != frame.pull) {
    const char* what = pull_ ? "A log is too much for the bus; whoever follows it reads it from Docker"
                             : "The bus carries a log again that was too much for it";
    base::log::info(what, {{"container", container_.name}, {"id", container_.id}});
  }
  if (lines && pull_) return;
  frame.fence = fence_;
  frame.sender = shared_.instance;
  shared_.parts.bus.publish(name_, encode(frame), [this, alive = std::weak_ptr(alive_)](auto receivers) {
    if (!alive.lock() || !receivers) return;
    others_ = *receivers > 0 ? *receivers - 1 : 0;
    if (yields_ && others_ > 0) changed_.notify();
  });
}

void LogFeed::publish_tip(LogFrame::Kind kind) {
  if (base::planted::dropped_tip && kind == LogFrame::Kind::tip) return;
  LogFrame tip;
  tip.kind = kind;
  tip.state = state();
  tip.prev = tip.position = chain_->at();
  publish(std::move(tip));
}

void LogFeed::on_following() {
  followed_ = true;
  // What was published before the acknowledgement is ours to find: the next frame's `prev` or the next tip shows it.
  changed_.notify();
}

void LogFeed::on_lost() { followed_ = false; }

void LogFeed::on_frame(std::string_view bytes) {
  if (sender_of(bytes) == shared_.instance) return;
  Undecodable why{};
  auto frame = decode(bytes, identity_, why);
  if (!frame) {
    shared_.on_undecodable(why);
    // Another release publishes here: what it says is read from Docker instead.
    if (why == Undecodable::version && chain_ && !reader_) start_backfill();
    return;
  }
  hear(std::move(*frame));
}

void LogFeed::hear(LogFrame frame) {
  const bool speaks_for_all = frame.kind == LogFrame::Kind::tip || frame.kind == LogFrame::Kind::released;
  if (speaks_for_all && frame.fence < fence_) return;  // an owner of the past
  if (frame.fence >= fence_) heard_at_ = loop_.now();
  if (frame.fence > fence_) {
    if (role_ != Role::owning) fence_ = frame.fence;
    changed_.notify();  // an owner looks after its lease
  }
  const bool current = role_ != Role::owning && frame.fence >= fence_;
  if (current && std::exchange(pull_, frame.pull) != frame.pull) heed_pull();
  if (frame.kind == LogFrame::Kind::released) {
    try_now_ = true;
    released_ = frame.fence;
    changed_.notify();
  }
  if (!chain_ || backfilling_.running()) {
    wait(std::move(frame));
  } else {
    accept(std::move(frame));
  }
}

void LogFeed::hear_of_holder(const std::string& value) {
  if (const auto held = lease::fence_of(value); held && *held < fence_) fence_ = *held;  // else it would not be heard
  if (value == held_value_) return;
  held_value_ = value;
  held_since_ = loop_.now();
}

// Whoever follows here is given the lines by us, until the owner gives them again.
void LogFeed::heed_pull() {
  if (role_ == Role::relaying && pull_) {
    role_ = Role::pulling;
    start_reader();
  } else if (role_ == Role::pulling && !pull_) {
    role_ = Role::relaying;
    reader_.reset();
  }
}

// If it is gone before we have read it, that is told.
void LogFeed::want(const docker::Position& position) {
  wanted_position_ = wanted_position_ ? docker::merge(*wanted_position_, position) : position;
}

void LogFeed::wait(LogFrame frame) {
  want(frame.position);
  waiting_bytes_ += weight(frame);
  waiting_.push_back(std::move(frame));
  if (waiting_bytes_ <= waiting_bytes_max) return;
  waiting_.clear();  // Docker has them all
  waiting_bytes_ = 0;
  read_again_ = true;
}

void LogFeed::accept(LogFrame frame) {
  if (state_ == LogState::removed) return;  // of a container that is gone for us, another may know more
  if (reader_ && frame.kind == LogFrame::Kind::gap) return;  // what another has not seen, ours may have
  const LogState told = frame.state;
  const std::size_t before = frame.entries.size();
  switch (count(frame, before, chain_->judge(frame))) {
    case LogChain::Verdict::missed:
      if (reader_ && docker::lacks(chain_->at(), frame.position)) want(frame.position);
      if (reader_ || base::planted::skipped_backfill) return;  // our own reading brings it
      if (base::planted::needless_gap) return tell_gap(frame.prev, "reader");
      wait(std::move(frame));
      start_backfill();
      return;
    case LogChain::Verdict::known:
      break;
    case LogChain::Verdict::news:
      if (frame.kind != LogFrame::Kind::status) rings_.publish(frame);
      break;
  }
  if (!reader_ && told != LogState::unknown) turn(told);
}

// What is dropped of what has just been judged, and what is missing.
LogChain::Verdict LogFeed::count(const LogFrame& frame, std::size_t before, LogChain::Verdict verdict) {
  if (verdict == LogChain::Verdict::missed) return verdict;
  const bool news = verdict == LogChain::Verdict::news;
  if (frame.kind == LogFrame::Kind::lines) shared_.losses.duplicates += before - (news ? frame.entries.size() : 0);
  if (frame.kind == LogFrame::Kind::gap && news) shared_.losses.add_gap(frame.reason, frame.lines_lost);
  return verdict;
}

void LogFeed::judge_waiting() {
  auto frames = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  wanted_position_.reset();
  for (LogFrame& frame : frames) {
    if (backfilling_.running()) {
      wait(std::move(frame));
    } else {
      accept(std::move(frame));
    }
  }
}

// What frames have shown to exist and Docker no longer gives.
void LogFeed::tell_gap(const docker::Position& to, std::string_view reason) {
  read(gap_frame({chain_->at(), docker::merge(chain_->at(), to), reason}));
}

void LogFeed::wake() {
  if (reader_) reader_->wake();
}

}  // namespace feeds
