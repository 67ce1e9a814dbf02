// LogFeed's backfill: what was missed is read from Docker, from where we stand to the log's end.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "feeds/log_feed.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr int backfill_tries = 4;  // of a read that ends before what a frame has shown to exist

}  // namespace

void LogFeed::start_backfill() {
  if (backfilling_.running()) {
    read_again_ = true;
  } else {
    backfilling_ = net::Job(backfill());
  }
}

// Reads from where we stand to the log's end; what a waiting frame has shown to exist must be there by then.
net::Task<void> LogFeed::backfill() {
  base::log::debug("Reading what was missed", {{"container", container_.name}, {"id", container_.id}});
  int tries = 0;
  do {
    read_again_ = false;
    // Beside our own reader, which brings it or says what is missing, everything is called as that one calls it.
    const std::optional<docker::Position> proven = reader_ ? std::nullopt : wanted_position_;
    const ReadTo read_to = co_await read_to_end(proven);
    if (read_to == ReadTo::trouble) {
      co_await loop_.sleep(200ms + jitter(800ms));
      read_again_ = true;
      continue;
    }
    if (!proven) continue;
    const bool lacks = docker::lacks(chain_->at(), *proven);
    if (lacks && ++tries < backfill_tries) {
      co_await loop_.sleep(50ms * tries);
      read_again_ = true;
      continue;
    }
    // A bound, where a gap of the owner's ends, shows no record; a read would have shown what is left before it.
    const bool unseen = read_to == ReadTo::nothing && docker::behind(chain_->at(), *proven);
    if (lacks || unseen) tell_gap(*proven, "reader");
    chain_->advance(*proven);
  } while (read_again_);
  moved();
}

// Posted: judge_waiting() may have to start the next backfill, so this one must be over.
void LogFeed::moved() {
  loop_.post([alive = std::weak_ptr(alive_), this] {
    if (!alive.lock()) return;
    judge_waiting();
    if (base::planted::endless_backfill) start_backfill();
    owner_.on_moved(*this);
  });
}

net::Task<LogFeed::ReadTo> LogFeed::read_to_end(const std::optional<docker::Position>& sought) {
  const net::Gate::Place place = co_await shared_.catch_ups.enter();
  docker::HistoryRead history(shared_.parts.engine, loop_, source(), {{}, sought});
  // What our own reader brings meanwhile moves us too: then a name for where we were is none for where we are.
  docker::Position stands = chain_->at();
  const auto rename = [&](const docker::Position& name) {
    if (chain_->at() == stands) chain_->rename(name);
  };
  auto start = co_await history.start(docker::HistoryFrom::after(stands));
  const auto ended_by = [](const base::Error& error) { return passing(error) ? ReadTo::trouble : ReadTo::nothing; };
  if (!start) co_return ended_by(start.error());
  for (;;) {
    auto next = co_await history.next();
    if (!next) co_return ended_by(next.error());
    docker::HistoryChunk& chunk = **next;
    const bool alone = chain_->at() == stands;
    if (chunk.gap) tell_gap(chunk.gap->to, chunk.gap->reason);
    if (chunk.end()) {
      rename(history.position());
      co_return ReadTo::end;
    }
    if (!chunk.batch.empty()) {
      LogFrame frame = lines_frame(chunk.batch);
      rename(frame.prev);
      read(std::move(frame));
    }
    if (alone) stands = chain_->at();
  }
}

}  // namespace feeds
