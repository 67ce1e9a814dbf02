#include "docker/log_survey.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace docker {
namespace {

constexpr std::uint64_t tail_min = 64;
constexpr std::uint64_t tail_max = 1'048'576;
constexpr std::size_t line_cost = 256;  // what a line of a page is more than its text, as a client is told it

}  // namespace

LogSurvey::LogSurvey(const Position& log, Options options) : options_(options), lines_(options_.tty) {
  CHECK(options_.lines.has_value() || options_.since_ns.has_value());
  log_.engine = log.engine;
  log_.container = log.container;
  position_ = log_;
  if (options_.until) sight_.emplace(*options_.until);
  if (sight_ && !sight_->possible()) sight_.reset();
  if (options_.after) after_sight_.emplace(*options_.after);
  std::uint64_t lines = options_.lines.value_or(0);
  span_ = lines + lines / 8 + tail_min;
  tail_ = options_.depth.value_or(0) + span_;
  ends_early_ = options_.until && options_.depth;
}

ReadPlan LogSurvey::begin() {
  if (span_ > tail_max + lines_max) tail_ = std::nullopt;
  lines_ = LogLines(options_.tty);
  tracks_ = {};
  position_ = log_;
  records_ = passed_ = behind_after_ = 0;
  past_until_ = past_after_ = found_ = false;
  since_come_ = counts_to_until_ = !options_.since_ns;
  kept_.clear();
  kept_bytes_ = passed_records_ = 0;
  open_ = {};
  if (sight_) sight_->begin();
  if (after_sight_) after_sight_->begin();
  ReadPlan plan{tail_, false};
  if (ends_early_) plan.until_ns = std::max(options_.until->marks[0].max_ns, options_.until->marks[1].max_ns);
  return plan;
}

LogCursor::Step LogSurvey::take(const LogRecord& record) {
  if (options_.lines > lines_max) return LogCursor::Step::stop;
  if (records_++ == 0) window_ns_ = record.time_ns;
  last_ns_ = record.time_ns;
  past_until_ = sight_ && sight_->met();
  if (sight_) sight_->take(record);
  past_after_ = after_sight_ && after_sight_->met();
  if (after_sight_) after_sight_->take(record);
  Track& track = tracks_[index_of(record.stream)];
  if (!track.known && !begins_line(track, record)) return LogCursor::Step::more;
  track.mark = track.mark.next(record.time_ns);
  lines_.take(record, track.mark, [&](const Line& line) {
    take_line(line, line.mark == track.mark ? records_ : track.last_record);  // else its end was known late
  });
  track.last_record = records_;
  return found_ ? LogCursor::Step::stop : LogCursor::Step::more;
}

// A piece of a line that began before the read did is stamped before the read's own beginning, and the pieces of a line
// are stamped alike: so a stream is known from a later stamp on.
bool LogSurvey::begins_line(Track& track, const LogRecord& record) {
  std::int64_t before_ns = track.begun ? track.max_ns : window_ns_ + disorder_max_ns;
  track.begun = true;
  if (track.may_go_on) track.lines_before = passed_ + kept_.size();  // only now the line before is known to end
  track.known = !tail_ || record.time_ns > before_ns;
  track.first_ns = record.time_ns;
  if (track.known) return true;
  track.max_ns = std::max(track.max_ns, record.time_ns);
  track.doubted = true;
  track.doubted_record = records_;
  track.may_go_on = record.may_go_on();
  track.lines_before = passed_ + kept_.size();
  return false;
}

// A line whose end is known late comes behind the record at which `until` stands, though that is behind the line.
bool LogSurvey::behind_until(const Line& line) const {
  if (sight_) return past_until_ && line.mark != options_.until->mark(line.stream);
  return options_.until && line.mark > options_.until->mark(line.stream);
}

void LogSurvey::take_line(const Line& line, std::uint64_t record) {
  const bool behind = behind_until(line);
  if (found_ || (behind && counts_to_until_)) return;
  if (options_.page_bytes > 0) gather(line);
  if (line.partial) return;  // it counts, and can be passed, where it ends
  behind_after_ += past_after_ ? 1 : 0;
  if (!since_come_ && line.time_ns >= *options_.since_ns) {
    since_come_ = true;
    counts_to_until_ = !behind;
  }
  found_ = since_come_ && !options_.lines;
  kept_.push_back({line.stream, line.mark, line.time_ns, record, std::move(open_[index_of(line.stream)])});
  if (const auto& text = kept_.back().text) kept_bytes_ += text->bytes.size() + line_cost;
  for (; full(); kept_.pop_front(), ++passed_) {
    const Kept& first = kept_.front();
    const bool late = first.record < passed_records_;  // the other stream's record is further in the log
    if (late) {
      position_.mark(first.stream) = first.mark;
    } else {
      reach(position_, Line{first.stream, false, first.time_ns, first.mark, {}});
    }
    if (first.text) kept_bytes_ -= first.text->bytes.size() + line_cost;
    passed_records_ = std::max(passed_records_, first.record);
  }
}

bool LogSurvey::full() const {
  const std::uint64_t wanted = since_come_ ? options_.lines.value_or(1) : 0;
  return kept_.size() > wanted || (kept_.size() > 1 && kept_bytes_ > options_.page_bytes);
}

void LogSurvey::gather(const Line& line) {
  auto& text = open_[index_of(line.stream)];
  if (!text) text = std::make_unique<Text>();
  if (text->bytes.size() + line.text.size() > line_bytes_max) {
    text->too_long = true;
  } else {
    text->bytes += line.text;
  }
  if (line.partial) text->cuts.push_back(text->bytes.size());
}

// What may go on ends here: where nothing more will be written, or where `until` says so.
void LogSurvey::flush_ends() {
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    const bool told = ends_early_ && lines_.open(stream) && lines_.held_mark(stream) == options_.until->mark(stream);
    if (told || (options_.over && !ends_early_)) {
      const std::uint64_t record = tracks_[index_of(stream)].last_record;
      lines_.flush(stream, [this, record](const Line& line) { take_line(line, record); });
    }
  }
}

std::optional<std::uint64_t> LogSurvey::depth() const {
  if (!ends_early_) return records_ - passed_records_;
  return (tail_ ? *tail_ : *options_.depth + records_) - passed_records_;
}

LogSurvey::Verdict LogSurvey::end(bool clean) {
  if (clean) flush_ends();
  const Verdict verdict = settle(clean);
  if (verdict == Verdict::found && options_.after && !lines_leave_out_some()) position_ = *options_.after;
  return verdict;
}

// Of what lies behind `after`. Where the whole log is wanted, whoever reads on from there is told what it lacks.
bool LogSurvey::lines_leave_out_some() const {
  if (passed_ == 0) return false;
  const LogStream head = position_.head;
  if (!after_sight_->possible()) return options_.after->mark(head) < position_.mark(head);
  return !after_sight_->met() || behind_after_ > *options_.lines;
}

LogSurvey::Verdict LogSurvey::settle(bool clean) {
  if (options_.lines > lines_max) return Verdict::found;
  if (!clean && !found_) return Verdict::broken;
  bool whole = !tail_;
  const bool unmet = sight_ && !sight_->met() && !found_;
  if (whole && unmet) {  // rotation took it, so all that is left lies behind it, and marks are all there is to go by
    if (!std::exchange(ends_early_, false)) sight_.reset();  // or the clock went back, and it ended too early
    return Verdict::wider;
  }
  // Of a stream that showed no line's beginning nobody knows how its next record is to be called: if the clock has gone
  // back, or will, a bound would be above all that comes.
  auto in_doubt = [this](const Track& track) {
    return track.doubted && (!track.known || track.lines_before >= passed_ || track.doubted_record > passed_records_);
  };
  if (!whole && (passed_ == 0 || unmet || in_doubt(tracks_[0]) || in_doubt(tracks_[1]))) {
    look_wider(unmet);
    return Verdict::wider;
  }
  if (passed_ == 0) return Verdict::found;  // the log's start
  const bool before_until = options_.until && !lacks(*options_.until, position_);
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Mark& mark = position_.mark(stream);
    if (mark != Mark{} || (options_.tty && stream == LogStream::err)) continue;  // a terminal has one stream
    mark = mark_without_lines(stream);
    if (before_until) mark = std::min(mark, options_.until->mark(stream));
  }
  return Verdict::found;
}

void LogSurvey::look_wider(bool unmet) {
  bool all_shown = !ends_early_ && records_ < *tail_ && !found_;
  if (ends_early_ && !unmet) {  // it says nothing about the log's end, but a wider read that shows no more shows all
    const std::pair now{window_ns_, records_};
    all_shown = std::exchange(shown_, now) == now;
  }
  span_ *= 8;
  tail_ = all_shown ? std::nullopt : std::optional(options_.depth.value_or(0) + span_);
}

// The mark of a stream that showed no line before the position: a bound, as high as what may come allows. Where the
// whole log shows nothing of it, that is the log's first stamp: what rotation took of it lies before that, and a reader
// who knew some of it must not be sent back. A bound at a line's own stamp is a gap's, which may end within that line.
Mark LogSurvey::mark_without_lines(LogStream stream) const {
  const Track& track = tracks_[index_of(stream)];
  if (!tail_) return {track.known ? std::min(track.first_ns, window_ns_) : window_ns_, 0};
  if (track.known) return {track.first_ns - 1, 0};
  return {std::max(window_ns_, last_ns_ - disorder_max_ns), 0};
}

}  // namespace docker
