// For tests: a container's log as Docker keeps it, in memory, with what tests must know about every record.
//
// Two streams in one file; lines longer than a piece lie in pieces of one stamp, with the other stream's records
// between; stamps of one stream rise, but for steps of the clock, and across streams they may be a little out of order.
// Rotation takes the oldest records. The marks kept here are the ones that a reader from the very beginning computes.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "docker/log_cursor.hpp"

namespace docker {

class LogModel {
 public:
  struct Entry {
    LogStream stream;
    std::int64_t time_ns;
    std::string payload;
    std::uint64_t line;  // counted from 0, over both streams, by first pieces
    bool first, last;    // of its line
    Mark mark;
  };
  struct Habits {
    int long_percent = 5;   // of the lines
    int step_permille = 0;  // a step of the clock, of each line
    int err_percent = 30;   // of the lines
    std::int64_t pause_ns_max = 40'000'000;
  };

  LogModel(std::uint64_t seed, Habits habits) : random_(seed), habits_(habits) {}

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  bool chance(int percent) { return pick(100) < static_cast<std::uint64_t>(percent); }

  // Writes about so many records.
  void write(std::size_t records) {
    std::size_t end = entries.size() + records;
    while (entries.size() < end) step();
  }
  // Writes one line of so many pieces.
  void write_line(LogStream stream, std::uint64_t pieces) {
    now_ns += 1'000'000'000;
    begin_line(stream, pieces);
    for (std::uint64_t i = 0; i < pieces; ++i) piece(stream);
  }
  // A record that is a line, so many microseconds behind now_ns. Its mark is not known.
  void append(LogStream stream, std::int64_t microseconds) {
    const std::uint64_t line = entries.size();
    const std::int64_t time_ns = now_ns + microseconds * 1000;
    entries.push_back({stream, time_ns, std::to_string(line) + ".0;\n", line, true, true, {}});
  }
  void rotate(std::size_t records) { oldest = std::min(entries.size(), oldest + records); }

  // Where a read with this plan begins; it goes on to entries.size(), or beyond if it follows.
  std::size_t start_of(const ReadPlan& plan) const {
    std::size_t kept = entries.size() - oldest;
    return entries.size() - std::min<std::size_t>(kept, plan.tail.value_or(kept));
  }
  LogRecord record(std::size_t index) const {
    const Entry& entry = entries[index];
    return {entry.stream, entry.time_ns, entry.payload};
  }
  // The position of who has read all lines that end before this record.
  Position position_before(std::size_t index) const {
    Position position;
    for (std::size_t i = 0; i < index; ++i) {
      if (!entries[i].last) continue;
      position.mark(entries[i].stream) = entries[i].mark;
      position.head = entries[i].stream;
      position.stepped_ns = entries[i].time_ns < entries[i].mark.max_ns ? entries[i].time_ns : 0;
    }
    return position;
  }
  void finish_lines() {
    for (std::size_t s = 0; s < 2; ++s)
      while (pieces_left_[s] > 0) piece(static_cast<LogStream>(s));
  }

  // Where the clock steps, nobody who missed a part of the log can know the marks of the rest.
  bool steps() const { return habits_.step_permille > 0; }

  std::vector<Entry> entries;
  std::size_t oldest = 0;
  std::int64_t now_ns = 1'700'000'000'000'000'000;

 private:
  void step() {
    now_ns += static_cast<std::int64_t>(1 + pick(static_cast<std::uint64_t>(habits_.pause_ns_max)));
    if (pick(1000) < static_cast<std::uint64_t>(habits_.step_permille))
      now_ns -= static_cast<std::int64_t>(pick(60'000'000'000));
    auto stream = chance(habits_.err_percent) ? LogStream::err : LogStream::out;
    if (pieces_left_[index_of(stream)] == 0) begin_line(stream, chance(habits_.long_percent) ? 1 + pick(5) : 1);
    piece(stream);
  }
  void begin_line(LogStream stream, std::uint64_t pieces) {
    std::size_t s = index_of(stream);
    pieces_left_[s] = pieces;
    line_[s] = lines_++;
    // Never before the stream's own last stamp, unless the clock went back.
    std::int64_t early_ns = now_ns - static_cast<std::int64_t>(pick(3'000'000));
    line_ns_[s] = early_ns > last_ns_[s] ? early_ns : now_ns == last_ns_[s] ? now_ns + 1 : now_ns;
    last_ns_[s] = line_ns_[s];
    piece_[s] = 0;
  }
  void piece(LogStream stream) {
    std::size_t s = index_of(stream);
    bool last = --pieces_left_[s] == 0;
    std::string text = std::to_string(line_[s]) + "." + std::to_string(piece_[s]) + ";";
    if (last)
      text += '\n';
    else
      text.resize(piece_bytes, 'x');
    mark_[s] = mark_[s].next(line_ns_[s]);
    entries.push_back({stream, line_ns_[s], std::move(text), line_[s], piece_[s] == 0, last, mark_[s]});
    ++piece_[s];
  }

  std::mt19937_64 random_;
  Habits habits_;
  std::uint64_t lines_ = 0;
  std::array<std::uint64_t, 2> pieces_left_ = {}, line_ = {}, piece_ = {};
  std::array<std::int64_t, 2> line_ns_ = {}, last_ns_ = {};
  std::array<Mark, 2> mark_;
};

// What a reader was given, and the judge of it: per stream every line once and in order, and one gap for each missing
// run.
class LogJudge final : public LogOut {
 public:
  struct Event {
    bool gap = false;
    LogStream stream = LogStream::out;
    std::uint64_t line = 0, first_piece = 0;
    Mark mark;
    Gap told;
  };

  void on_line(const Line& line) override {
    Event event;
    event.stream = line.stream;
    event.mark = line.mark;
    event.line = std::stoull(std::string(line.text.substr(0, 20)));
    event.first_piece = std::stoull(std::string(line.text.substr(line.text.find('.') + 1, 20)));
    events.push_back(event);
  }
  void on_gap(const Gap& gap) override {
    Event event;
    event.gap = true;
    event.told = gap;
    events.push_back(event);
    ++gaps;
    clock_gaps += gap.reason != "rotated";
  }

  // Lines of the log that end in [from, to) are owed. Says what is wrong, or nothing.
  std::string judge(const LogModel& log, std::size_t from, std::size_t to) const {
    for (LogStream stream : {LogStream::out, LogStream::err}) {
      std::string wrong = judge_stream(log, from, to, stream);
      if (!wrong.empty()) return (stream == LogStream::out ? "out: " : "err: ") + wrong;
    }
    return "";
  }

  // Gaps in which nothing was missing: honest, since nobody could know, but they should be rare.
  std::uint64_t needless_gaps(const LogModel& log) const {
    return static_cast<std::uint64_t>(std::count_if(events.begin(), events.end(), [&](const Event& event) {
      return event.gap && std::none_of(log.entries.begin(), log.entries.end(), [&](const LogModel::Entry& entry) {
               return event.told.from.mark(entry.stream) < entry.mark && entry.mark <= event.told.to.mark(entry.stream);
             });
    }));
  }

  std::vector<Event> events;
  std::uint64_t gaps = 0, clock_gaps = 0;

 private:
  std::string judge_stream(const LogModel& log, std::size_t from, std::size_t to, LogStream stream) const {
    std::size_t at = 0;  // in events
    bool mark_known = true;
    for (std::size_t i = from; i < to; ++i) {
      const LogModel::Entry& entry = log.entries[i];
      if (entry.stream != stream || !entry.last) continue;
      std::size_t next = at;
      std::vector<const Gap*> between;
      for (; next < events.size() && (events[next].gap || events[next].stream != stream); ++next)
        if (events[next].gap) between.push_back(&events[next].told);
      mark_known = mark_known && (between.empty() || !log.steps());
      std::string name = std::to_string(entry.line);
      if (next == events.size() || events[next].line != entry.line) {
        bool covered = std::any_of(between.begin(), between.end(), [&](const Gap* gap) {
          return !mark_known || (gap->from.mark(stream) < entry.mark && entry.mark <= gap->to.mark(stream));
        });
        if (!covered) return "line " + name + " is missing, and no gap covers it";
        continue;
      }
      if (mark_known && events[next].first_piece == 0 && events[next].mark != entry.mark)
        return "line " + name + " has another mark";
      bool starts = at == 0 && log.oldest > 0;  // with what rotation left of its first line
      if (events[next].first_piece > 0 && between.empty() && !starts) return "line " + name + " begins in its middle";
      for (const Gap* gap : between)
        if (mark_known && events[next].first_piece == 0 && gap->from.mark(stream) < entry.mark &&
            entry.mark <= gap->to.mark(stream))
          return "line " + name + " is delivered, and in a gap";
      at = next + 1;
    }
    for (; at < events.size(); ++at)
      if (!events[at].gap && events[at].stream == stream)
        return "line " + std::to_string(events[at].line) + " is one too many";
    return "";
  }
};

// One plain read of everything that the plan shows, or of so many records.
inline LogCursor::Verdict read(LogCursor& cursor, const LogModel& log, LogOut& out, std::size_t records = SIZE_MAX) {
  ReadPlan plan = cursor.begin(false);
  std::size_t at = log.start_of(plan);
  for (; at < log.entries.size() && records > 0; ++at, --records)
    if (cursor.take(log.record(at), log.now_ns, out) == LogCursor::Step::stop) return cursor.end(false, out);
  return cursor.end(records > 0, out);
}

inline LogCursor::Verdict read_on(LogCursor& cursor, const LogModel& log, LogOut& out) {
  using Verdict = LogCursor::Verdict;
  Verdict verdict = Verdict::wider;
  for (int i = 0; i < 12 && (verdict == Verdict::wider || verdict == Verdict::later); ++i)
    verdict = read(cursor, log, out);
  return verdict;
}

// What is told by one who reads on from there to the log's end.
inline LogJudge read_from(const Position& start, const LogModel& log) {
  LogCursor cursor(start, {});
  LogJudge judge;
  CHECK(read_on(cursor, log, judge) == LogCursor::Verdict::caught_up);
  return judge;
}

// The same in two reads: one while the first `written` records are there, one when all are and `gone` were rotated
// away.
inline LogJudge read_while_rotating(const Position& start, LogModel& log, std::size_t written, std::size_t gone) {
  const auto border = log.entries.begin() + static_cast<std::ptrdiff_t>(written);
  const std::vector<LogModel::Entry> later(border, log.entries.end());
  log.entries.erase(border, log.entries.end());
  LogCursor cursor(start, {});
  LogJudge judge;
  CHECK(read_on(cursor, log, judge) == LogCursor::Verdict::caught_up);
  log.entries.insert(log.entries.end(), later.begin(), later.end());
  log.rotate(gone);
  CHECK(read_on(cursor, log, judge) == LogCursor::Verdict::caught_up);
  return judge;
}

inline LogModel log_of(std::size_t records, LogModel::Habits habits = {}) {
  LogModel log(42, habits);
  log.write(records);
  log.finish_lines();
  return log;
}

}  // namespace docker
