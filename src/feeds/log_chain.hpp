// LogChain: where this instance stands in a container's log, and what a frame means to one who stands there. Pure.
//
// The bus may lose frames, and two readers by accident cut them differently. So: who is behind a frame's `prev` on any
// stream has missed something and must read it from Docker before the frame counts; records at or before where we stand
// are dropped one by one. What comes out is again a chain, each line once and in order.
#pragma once

#include <array>
#include <utility>

#include "feeds/log_frame.hpp"

namespace feeds {

class LogChain {
 public:
  explicit LogChain(const docker::Position& at) : at_(at) {}

  const docker::Position& at() const { return at_.reached; }
  const docker::Standpoint& standpoint() const { return at_; }

  enum class Verdict {
    known,   // nothing new in it
    news,    // the frame now holds only what is new, from at() before to at() after
    missed,  // something before it is missing here: read it first, then judge the frame again
  };
  // From the bus.
  Verdict judge(LogFrame& frame) {
    recognise(frame.prev);
    const bool shown = frame.kind != LogFrame::Kind::lines || find_our_place(frame);
    if (!shown || docker::behind(at(), frame.prev)) return Verdict::missed;
    switch (frame.kind) {
      case LogFrame::Kind::lines:
        return admit_lines(frame);
      case LogFrame::Kind::gap:
        return admit_gap(frame);
      case LogFrame::Kind::tip:
      case LogFrame::Kind::released:
        return docker::behind(at(), frame.position) || doubtful(frame.position) ? Verdict::missed : Verdict::known;
      case LogFrame::Kind::status:
        return Verdict::news;
    }
    return Verdict::known;
  }
  // Lines or a gap that we have read ourselves, on from at() or before it.
  Verdict admit(LogFrame& frame) {
    if (frame.kind == LogFrame::Kind::gap) return admit_gap(frame);
    recognise(frame.prev);
    find_our_place(frame);
    return admit_lines(frame);
  }

  // After Docker was read to its end: nothing before `proven` is missing here any more.
  void advance(const docker::Position& proven) { at_.advance(proven); }
  // Docker was read on from at(), and found it called so (docker/log_sight.hpp). A bound stands before its record.
  void rename(const docker::Position& name) {
    const bool behind_a_record = name.mark(name.head).count > 0;
    if (behind_a_record && at().head == name.head && at().head_ns() == name.head_ns()) at_.rename(name);
  }

 private:
  // Where this is our place by its name in another reckoning, it is called so from now on.
  void recognise(const docker::Position& name) {
    if (docker::renamed(at(), name)) at_.rename(name);
  }
  Verdict admit_lines(LogFrame& frame) { return drop_known(frame, at().marks) ? move(frame) : Verdict::known; }
  // It ends at bounds. Who has the record there, or one behind it, is past it: the other stream's bound is no news.
  Verdict admit_gap(LogFrame& frame) {
    const docker::LogStream head = frame.position.head;
    const bool passed = at().mark(head) > frame.position.mark(head);
    if (!passed && docker::behind(at(), frame.position)) return move(frame);
    advance(frame.position);
    return Verdict::known;
  }
  Verdict move(LogFrame& frame) {
    frame.prev = at();
    take(at_, frame);
    frame.position = at();
    return Verdict::news;
  }

  // Who stands between a frame's ends finds the record at which he stands in it, and calls it as the frame does.
  // Otherwise their marks are of two reckonings, and say nothing.
  bool find_our_place(const LogFrame& frame) {
    const docker::Mark& head = at().mark(at().head);
    const bool chained = frame.prev.head == at().head && frame.prev.mark(at().head) == head;
    if (chained || frame.prev.marks == at().marks || head.count == 0) return true;
    docker::Position place = frame.prev;
    bool news = false;
    for (const LogEntry& entry : frame.entries) {
      docker::reach(place, entry.stream, entry.mark, entry.time_ns);
      recognise(place);
      if (place.head == at().head && entry.mark == at().mark(at().head)) return true;
      news = news || entry.mark > at().mark(entry.stream);
    }
    return !news;
  }
  // An owner that stands behind us will soon be here, or counts in another reckoning: worth one look for each place.
  bool doubtful(const docker::Position& tip) {
    recognise(tip);
    const auto before_ours = [&](docker::LogStream stream) {
      return at().mark(stream).count > 0 && tip.mark(stream) < at().mark(stream);
    };
    const bool before = before_ours(docker::LogStream::out) || before_ours(docker::LogStream::err);
    return before && std::exchange(doubted_, tip.marks) != tip.marks;
  }

  docker::Standpoint at_;
  std::array<docker::Mark, 2> doubted_{};
};

}  // namespace feeds
