// LogChain: where this instance stands in a container's log, and what a frame means to one who stands there. Pure.
//
// The bus may lose frames, and two readers by accident cut them differently. So: who is behind a frame's `prev` on any
// stream has missed something and must read it from Docker before the frame counts; records at or before where we stand
// are dropped one by one. What comes out is again a chain, each line once and in order.
#pragma once

#include <algorithm>

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
  Verdict judge(LogFrame& frame) {
    if (docker::behind(at(), frame.prev)) return Verdict::missed;
    switch (frame.kind) {
      case LogFrame::Kind::lines:
        return judge_lines(frame);
      case LogFrame::Kind::gap:
        return judge_gap(frame);
      case LogFrame::Kind::tip:
      case LogFrame::Kind::released:
        return docker::behind(at(), frame.position) ? Verdict::missed : Verdict::known;
      case LogFrame::Kind::status:
        return Verdict::news;
    }
    return Verdict::known;
  }

  // After Docker was read to its end: nothing before `proven` is missing here any more.
  void advance(const docker::Position& proven) { at_.advance(proven); }

 private:
  Verdict judge_lines(LogFrame& frame) { return drop_known(frame, at().marks) ? move(frame) : Verdict::known; }
  // It ends at bounds. Who has the record there, or one behind it, is past it: the other stream's bound is no news.
  Verdict judge_gap(LogFrame& frame) {
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

  docker::Standpoint at_;
};

}  // namespace feeds
