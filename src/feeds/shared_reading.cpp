#include "feeds/shared_reading.hpp"

#include "base/log.hpp"
#include "net/random.hpp"

namespace feeds {

using namespace std::chrono_literals;

SharedReading::SharedReading(Parts parts, std::string name, Listener& listener)
    : parts_(parts),
      loop_(parts.engine.loop()),
      name_(std::move(name)),
      listener_(listener),
      sender_(loop_.random().next()),
      turn_(parts.lease_ttl, loop_.random().unit(), bus_up(), loop_.now()),
      changed_(loop_) {
  if (embedded()) return;
  following_ = parts_.bus.follow(name_, *this);
  job_ = net::Job(run());
}

SharedReading::~SharedReading() = default;

void SharedReading::want(bool wanted) {
  if (embedded()) {
    if (std::exchange(told_, wanted) != wanted) listener_.on_turn(wanted);
    return;
  }
  turn_.want(wanted, loop_.now());
  changed_.notify();
}

void SharedReading::tell() {
  if (std::exchange(told_, turn_.reading()) == turn_.reading()) return;
  if (told_) base::log::debug("Reading for all", {{"what", name_}});
  listener_.on_turn(told_);
}

net::Task<void> SharedReading::run() {
  for (;;) {
    const ReaderTurn::Step step = turn_.step(loop_.now(), parts_.engine.relayed());
    tell();
    if (step.what != ReaderTurn::Do::wait) {
      co_await act(step.what);
      continue;
    }
    net::Timer timer;
    if (step.until != net::Instant::max()) {
      timer = loop_.after(std::max(net::Duration::zero(), step.until - loop_.now()), [this] { changed_.notify(); });
    }
    resting_ = true;
    co_await changed_.wait();
    resting_ = false;
  }
}

net::Task<void> SharedReading::act(ReaderTurn::Do what) {
  const net::Instant asked = loop_.now();
  switch (what) {
    case ReaderTurn::Do::wait:
      break;
    case ReaderTurn::Do::acquire:
    case ReaderTurn::Do::seize:
      co_await ask(what == ReaderTurn::Do::seize);
      break;
    case ReaderTurn::Do::renew: {
      const auto renewed = co_await parts_.lease.renew(name_, parts_.lease_ttl, turn_.fence());
      if (renewed) {
        turn_.renewed(*renewed, asked, loop_.now());
        if (*renewed) send(SharedFrame::Kind::beat, {});
      } else {
        turn_.unanswered(loop_.now());
      }
      break;
    }
    case ReaderTurn::Do::release: {
      const lease::Fence fence = turn_.fence();
      send(SharedFrame::Kind::released, {});
      turn_.released(asked);
      tell();
      co_await parts_.lease.release(name_, fence);
      break;
    }
  }
}

net::Task<void> SharedReading::ask(bool seize) {
  const net::Instant asked = loop_.now();
  const net::Duration ttl = parts_.lease_ttl;
  auto asking = seize ? parts_.lease.seize(name_, ttl, turn_.fence(), turn_.held_value())
                      : parts_.lease.acquire(name_, ttl, turn_.fence());
  const auto answer = co_await std::move(asking);
  if (!answer) {
    turn_.unanswered(loop_.now());
  } else if (answer->granted) {
    turn_.granted(*answer->granted, asked);
    tell();
    send(SharedFrame::Kind::beat, {});
  } else {
    turn_.refused(answer->value, loop_.now());
  }
}

void SharedReading::publish(std::string_view body) {
  if (embedded()) return;
  ++sequence_;  // also of what may not be published now: it is missed, and asked for
  send(SharedFrame::Kind::message, body);
}

void SharedReading::wish(std::string_view body) {
  if (!embedded() && !reading()) send(SharedFrame::Kind::wish, body);
}

void SharedReading::set_engine_answers(bool answers) {
  if (std::exchange(engine_answers_, answers) != answers && !embedded()) send(SharedFrame::Kind::beat, {});
}

void SharedReading::send(SharedFrame::Kind kind, std::string_view body) {
  const bool wish = kind == SharedFrame::Kind::wish;
  if (!wish && !turn_.may_publish(loop_.now())) return;
  SharedFrame frame;
  frame.kind = kind;
  frame.engine_answers = engine_answers_;
  if (!wish) frame.fence = turn_.fence();
  frame.sender = sender_;
  frame.sequence = sequence_;
  frame.body = body;
  bus::Bus::OnPublished on_published;
  if (!wish) {
    on_published = [this, alive = std::weak_ptr(alive_)](base::Result<std::uint64_t> receivers) {
      if (!alive.lock() || !receivers) return;
      turn_.others(*receivers > 0 ? *receivers - 1 : 0);
      if (resting_) changed_.notify();
    };
  }
  parts_.bus.publish(name_, encode(frame), std::move(on_published));
}

void SharedReading::on_following() {
  if (!reading()) listener_.on_hearing();
}

void SharedReading::on_lost() {
  if (!reading()) listener_.on_deaf();
}

void SharedReading::on_frame(std::string_view bytes) {
  Undecodable why{};
  const auto frame = decode_shared(bytes, why);
  if (!frame) return parts_.counts.add(why);
  if (frame->sender == sender_) return;
  if (frame->kind == SharedFrame::Kind::wish) {
    if (turn_.may_publish(loop_.now())) listener_.on_wish(frame->body);
    return;
  }
  const bool current = turn_.heard(frame->fence, frame->kind == SharedFrame::Kind::released, loop_.now());
  tell();
  changed_.notify();
  if (current && !reading() && frame->kind != SharedFrame::Kind::released) listener_.on_heard(*frame);
}

void SharedReading::on_bus_state() {
  if (embedded()) return;
  turn_.bus(bus_up(), loop_.now());
  changed_.notify();
}

void SharedReading::yield() {
  turn_.yield();
  changed_.notify();
}

net::Task<void> SharedReading::hand_over() {
  want(false);
  // An answer of Redis that is on its way may still grant it.
  const std::weak_ptr alive(alive_);
  for (net::Loop& loop = loop_; !embedded() && (owning() || !resting_);) {
    co_await loop.sleep(10ms);
    if (alive.expired()) co_return;
  }
}

}  // namespace feeds
