#include "sim/heard.hpp"

#include <boost/json.hpp>

#include "docker/timestamp.hpp"

namespace sim {
namespace {

namespace json = boost::json;

bool take(const json::object& object, std::string_view name, std::string& into) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return true;
  if (!value->is_string()) return false;
  into = value->as_string();
  return true;
}

bool take_time(std::string_view text, HeardLine& line) {
  const auto time = docker::parse_time(text);
  if (!time || text.size() != 30) return false;
  line.time_ns = time->time_since_epoch().count();
  return true;
}

// ["<time>", "o|e", "text"(, 1)]
bool take_row(const json::value& value, HeardLine& line) {
  if (!value.is_array()) return false;
  const auto& row = value.as_array();
  if (row.size() < 3 || row.size() > 4 || !row[0].is_string() || !row[1].is_string() || !row[2].is_string())
    return false;
  if (row.size() == 4 && (!row[3].is_int64() || row[3].as_int64() != 1)) return false;
  const std::string_view stream = row[1].as_string();
  if (stream != "o" && stream != "e") return false;
  line.stream = stream == "o" ? docker::LogStream::out : docker::LogStream::err;
  line.text = row[2].as_string();
  line.partial = row.size() == 4;
  return take_time(row[0].as_string(), line);
}

bool take_log(const json::object& object, Heard& heard) {
  std::string stream, time;
  HeardLine line;
  if (!take(object, "stream", stream) || !take(object, "time", time) || !take(object, "data", line.text)) return false;
  if ((stream != "stdout" && stream != "stderr") || !object.contains("data")) return false;
  line.stream = stream == "stdout" ? docker::LogStream::out : docker::LogStream::err;
  if (const auto* partial = object.if_contains("partial")) {
    if (!partial->is_bool() || !partial->as_bool()) return false;
    line.partial = true;
  }
  if (!take_time(time, line)) return false;
  heard.lines.push_back(std::move(line));
  return true;
}

std::optional<Heard> parse_object(const json::object& object) {
  Heard heard;
  heard.has_id = object.contains("id");
  const bool texts = take(object, "type", heard.type) && take(object, "channel", heard.channel) &&
                     take(object, "position", heard.position) && take(object, "prev", heard.prev) &&
                     take(object, "from", heard.from) && take(object, "to", heard.to) &&
                     take(object, "reason", heard.reason) && take(object, "recovered", heard.recovered) &&
                     take(object, "state", heard.state) && take(object, "code", heard.code) &&
                     take(object, "message", heard.message);
  if (!texts || heard.type.empty()) return std::nullopt;
  if (heard.type == "log") return take_log(object, heard) ? std::optional(std::move(heard)) : std::nullopt;
  if (heard.type == "logs") {
    const auto* lines = object.if_contains("lines");
    if (lines == nullptr || !lines->is_array()) return std::nullopt;
    for (const auto& row : lines->as_array()) {
      if (!take_row(row, heard.lines.emplace_back())) return std::nullopt;
    }
  }
  if (const auto* lost = object.if_contains("lost")) {
    if (!lost->is_object()) return std::nullopt;
    const auto& what = lost->as_object();
    if (!take(what, "from", heard.from) || !take(what, "to", heard.to) || !take(what, "reason", heard.reason))
      return std::nullopt;
  }
  if (heard.type == "gap") {
    if (const auto* lines = object.if_contains("lines")) heard.lines_lost = lines->to_number<std::uint64_t>();
  }
  if (const auto* subscriptions = object.if_contains("subscriptions")) {
    for (const auto& each : subscriptions->as_array()) {
      auto result = each.is_object() ? parse_object(each.as_object()) : std::nullopt;
      if (!result) return std::nullopt;
      heard.subscriptions.push_back(std::move(*result));
    }
  }
  return heard;
}

}  // namespace

std::optional<Heard> parse_heard(std::string_view text) {
  json::monotonic_resource memory;
  boost::system::error_code error;
  const json::value value = json::parse(text, error, &memory);
  if (error || !value.is_object()) return std::nullopt;
  return parse_object(value.as_object());
}

}  // namespace sim
