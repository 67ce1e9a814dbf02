#include "docker/log_record.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "docker/timestamp.hpp"

namespace docker {
namespace {

constexpr std::size_t header_bytes = 8;
constexpr std::size_t time_bytes_min = 30;  // RFC 3339 with nine digits, which Docker always writes
constexpr std::size_t time_bytes_max = 40;  // with an offset it has 35

std::size_t frame_length(std::string_view header) {
  std::size_t length = 0;
  for (std::size_t i = 4; i < header_bytes; ++i) length = length << 8 | static_cast<unsigned char>(header[i]);
  return length;
}

// The stamp of the record that begins here, if one does.
std::optional<std::int64_t> stamp_of(std::string_view text) {
  const std::size_t space = text.substr(0, time_bytes_max).find(' ');
  if (space == std::string_view::npos || space < time_bytes_min) return std::nullopt;
  const auto time = parse_time(text.substr(0, space));
  if (!time) return std::nullopt;
  return time->time_since_epoch().count();
}

constexpr std::size_t nowhere = std::string_view::npos;

// Where a full piece ends: its own timestamp is repeated at or behind the 16384th byte of its payload (Docker 3.3), or
// another record's stands just there: a follow that skipped files, the rest of this line with them.
std::size_t piece_end(std::string_view text, std::string_view stamp, std::size_t newline) {
  const std::size_t full = stamp.size() + piece_bytes;
  if (newline < full) return nowhere;
  const auto skipped_to = text.size() > full ? stamp_of(text.substr(full)) : std::nullopt;
  if (skipped_to && *skipped_to >= stamp_of(text).value_or(INT64_MAX)) return full;
  return text.substr(0, newline).find(stamp, full);
}

// Where the next record begins at once, or behind a CR: before 23.0 the `local` driver ends a long line without a
// newline, at the terminal's CR. A stamp below `least` is text.
std::size_t return_end(std::string_view text, std::string_view stamp, std::size_t newline, std::int64_t least) {
  for (std::size_t end = stamp.size(); end < text.size() && end < newline;) {
    if (const auto next = stamp_of(text.substr(end)); next && *next >= least) return end;
    const std::size_t carriage = text.find('\r', end);
    end = carriage == nowhere ? nowhere : carriage + 1;
  }
  return nowhere;
}

// Where the raw record at the front of `text` ends: behind its newline, or before that where a piece or a long line
// does; nothing while that cannot be said. The first place counts, so that slices of any size are cut alike.
// `continued`: the stamp of the full piece before it; nothing where that is not known. What a program stamps itself is
// stamped before Docker does it, the next record is not.
std::optional<std::size_t> raw_record_end(std::string_view text, std::optional<std::string_view> continued) {
  const std::size_t space = text.find(' ');
  if (space == nowhere) return std::nullopt;
  const std::string_view stamp = text.substr(0, space + 1);
  const std::size_t newline = text.find('\n', stamp.size());
  std::size_t end = piece_end(text, stamp, newline);
  if (!continued || stamp == *continued) {
    const std::int64_t least = continued ? INT64_MIN : stamp_of(text).value_or(INT64_MIN);
    end = std::min(end, return_end(text, stamp, newline, least));
  }
  if (end != nowhere) return end;
  if (newline == nowhere) return std::nullopt;
  return newline + 1;
}

}  // namespace

bool LogRecords::next(LogRecord& record) {
  release();
  if (error_) return false;
  return tty_ ? next_raw(record) : next_frame(record);
}

void LogRecords::release() {
  held_.erase(0, used_);
  used_ = 0;
}

// Takes from the input until `bytes` are held.
bool LogRecords::gather(std::size_t bytes) {
  std::size_t wanted = bytes - std::min(bytes, held_.size());
  std::size_t taken = std::min(wanted, input_.size());
  held_.append(input_.substr(0, taken));
  input_.remove_prefix(taken);
  return taken == wanted;
}

bool LogRecords::next_frame(LogRecord& record) {
  bool whole_in_input = held_.empty() && input_.size() >= header_bytes;
  if (!whole_in_input && !gather(header_bytes)) return false;
  std::string_view header = whole_in_input ? input_ : std::string_view(held_);
  auto type = static_cast<unsigned char>(header[0]);
  std::size_t length = frame_length(header);
  if (type < 1 || type > 3 || header[1] != 0 || header[2] != 0 || header[3] != 0)
    return fail(base::Fault::protocol, "The log stream is not framed as the Engine's API says.");
  if (length > record_bytes_max) return fail(base::Fault::too_large, "The log stream has a record beyond any size.");

  std::string_view frame;
  if (whole_in_input && input_.size() >= header_bytes + length) {
    frame = input_.substr(0, header_bytes + length);
    input_.remove_prefix(frame.size());
  } else {
    if (!gather(header_bytes + length)) return false;
    frame = held_;
    used_ = held_.size();
  }
  std::string_view text = frame.substr(header_bytes);
  if (type == 3) return fail(base::Fault::unavailable, "The Engine cannot read the log: " + base::log::escaped(text));
  return parse(text, type == 1 ? LogStream::out : LogStream::err, record);
}

bool LogRecords::next_raw(LogRecord& record) {
  if (held_.empty()) {
    auto end = raw_record_end(input_, continued_);
    if (end) {
      std::string_view text = input_.substr(0, *end);
      input_.remove_prefix(*end);
      return parse(text, LogStream::out, record);
    }
  }
  std::size_t before = held_.size();
  held_.append(input_);
  auto end = raw_record_end(held_, continued_);
  if (!end) {
    input_ = {};
    bool endless =
        held_.size() > record_bytes_max || (held_.size() > time_bytes_max && held_.find(' ') > time_bytes_max);
    if (endless) return fail(base::Fault::protocol, "The log stream is not a terminal's as the Engine's API says.");
    return false;
  }
  // Where the stamp of the next piece straddles two slices, the record ends before this slice began.
  std::size_t from_input = *end - std::min(*end, before);
  held_.resize(before + from_input);
  input_.remove_prefix(from_input);
  used_ = *end;
  return parse(std::string_view(held_).substr(0, *end), LogStream::out, record);
}

bool LogRecords::finish(LogRecord& record) {
  release();
  if (!tty_ || error_ || held_.empty()) return false;
  used_ = held_.size();
  return parse(held_, LogStream::out, record);
}

bool LogRecords::parse(std::string_view text, LogStream stream, LogRecord& record) {
  std::size_t space = text.substr(0, time_bytes_max).find(' ');
  std::optional<net::WallTime> time;
  if (space != std::string_view::npos) time = parse_time(text.substr(0, space));
  if (!time) return fail(base::Fault::protocol, "A record of the log has no timestamp.");
  record = {stream, time->time_since_epoch().count(), text.substr(space + 1)};
  if (tty_) continued_ = record.may_go_on() ? text.substr(0, space + 1) : std::string_view();
  return true;
}

bool LogRecords::fail(base::Fault fault, std::string message) {
  error_ = base::Error{fault, std::move(message)};
  return false;
}

}  // namespace docker
