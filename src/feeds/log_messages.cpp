#include "feeds/log_messages.hpp"

#include "base/json_text.hpp"
#include "base/planted.hpp"
#include "docker/timestamp.hpp"

namespace feeds {
namespace {

bool shows(const Shape& shape, docker::LogStream stream) {
  return stream == docker::LogStream::out ? shape.out : shape.err;
}

}  // namespace

void LogMessages::begin(std::string_view type) {
  message_ = "{\"type\":\"";
  message_ += type;
  message_ += "\",\"channel\":\"";
  message_ += channel_;
  message_ += '"';
}

// Each position but the first is printed twice in a row: behind one batch, and before the next.
const std::string& LogMessages::print(const docker::Position& position) {
  if (printed_.empty() || position != printed_position_) {
    printed_position_ = position;
    printed_ = position.print();
  }
  return printed_;
}

void LogMessages::flush(std::string& out, const Shape& shape, std::string_view position) {
  message_ += '}';
  framer_.append(out, message_, shape, position);
}

std::uint32_t LogMessages::lines(std::string& out, const LogFrame& frame, const Shape& shape,
                                 const docker::Position& prev) {
  return shape.form == Form::batch ? batch(out, frame, shape, prev) : singles(out, frame, shape);
}

std::uint32_t LogMessages::batch(std::string& out, const LogFrame& frame, const Shape& shape,
                                 const docker::Position& prev) {
  const docker::Position& before = base::planted::stale_prev ? frame.prev : prev;
  begin("logs");
  message_ += ",\"prev\":\"";
  message_ += print(before);
  message_ += "\",\"position\":\"";
  message_ += print(frame.told);
  message_ += "\",\"lines\":[";
  const std::size_t empty = message_.size();
  std::size_t offset = 0;
  for (const LogEntry& entry : frame.entries) {
    if (shows(shape, entry.stream)) {
      message_ += message_.size() == empty ? "[\"" : ",[\"";
      message_ += docker::format_time(net::WallTime(net::Duration(entry.time_ns)));
      message_ += entry.stream == docker::LogStream::out ? "\",\"o\",\"" : "\",\"e\",\"";
      message_.append(frame.text, offset, entry.length);
      message_ += entry.partial ? "\",1]" : "\"]";
    }
    offset += entry.length;
  }
  if (message_.size() == empty) return 0;
  message_ += ']';
  flush(out, shape);
  return 1;
}

std::uint32_t LogMessages::singles(std::string& out, const LogFrame& frame, const Shape& shape) {
  docker::Position position = frame.told_before;
  std::uint32_t count = 0;
  std::size_t offset = 0;
  for (const LogEntry& entry : frame.entries) {
    if (!entry.partial) docker::reach(position, entry.stream, entry.mark, entry.time_ns);
    if (shows(shape, entry.stream)) {
      make_log(entry, std::string_view(frame.text).substr(offset, entry.length), position);
      flush(out, shape, print(position));
      ++count;
    }
    offset += entry.length;
  }
  return count;
}

// `text` is escaped.
void LogMessages::make_log(const LogEntry& entry, std::string_view text, const docker::Position& position) {
  begin("log");
  message_ += ",\"position\":\"";
  message_ += print(position);
  message_ += entry.stream == docker::LogStream::out ? "\",\"stream\":\"stdout\"" : "\",\"stream\":\"stderr\"";
  message_ += ",\"time\":\"";
  message_ += docker::format_time(net::WallTime(net::Duration(entry.time_ns)));
  message_ += "\",\"data\":\"";
  message_ += text;
  message_ += entry.partial ? "\",\"partial\":true" : "\"";
}

void LogMessages::items(std::string& list, const LogFrame& frame) {
  const auto add = [&] {
    if (!list.ends_with('[')) list += ',';
    list += message_;
    list += '}';
  };
  if (frame.kind == LogFrame::Kind::gap) {
    make_gap(frame, frame.told_before);
    return add();
  }
  docker::Position position = frame.told_before;
  std::size_t offset = 0;
  for (const LogEntry& entry : frame.entries) {
    if (!entry.partial) docker::reach(position, entry.stream, entry.mark, entry.time_ns);
    make_log(entry, std::string_view(frame.text).substr(offset, entry.length), position);
    add();
    offset += entry.length;
  }
}

void LogMessages::moved(std::string& out, const docker::Position& prev, const docker::Position& position,
                        const Shape& shape) {
  begin("logs");
  message_ += ",\"prev\":\"" + print(prev);
  message_ += "\",\"position\":\"" + print(position) + "\",\"lines\":[]";
  flush(out, shape);
}

void LogMessages::make_gap(const LogFrame& gap, const docker::Position& prev) {
  begin("gap");
  message_ += ",\"from\":\"" + prev.print() + "\",\"to\":\"" + gap.told.print() + "\",\"reason\":\"" + gap.reason + '"';
  if (gap.lines_lost) message_ += ",\"lines\":" + std::to_string(*gap.lines_lost);
}

void LogMessages::gap(std::string& out, const LogFrame& gap, const Shape& shape, const docker::Position& prev) {
  make_gap(gap, prev);
  if (is_quiet(shape.form)) message_ += ",\"data\":\"Lines are missing here: " + gap.reason + '"';
  flush(out, shape, gap.told.print());
}

void LogMessages::status(std::string& out, LogState state, const Shape& shape) {
  begin("status");
  message_ += status_fields(state, shape.form);
  flush(out, shape);
}

}  // namespace feeds
