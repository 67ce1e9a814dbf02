#include "app/log_sink.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_text.hpp"

namespace app {
namespace {

std::shared_ptr<spdlog::logger> logger;  // set once, by open_log
LineBudget budget;

spdlog::level::level_enum spdlog_level(base::log::Level level) {
  switch (level) {
    case base::log::Level::debug:
      return spdlog::level::debug;
    case base::log::Level::info:
      return spdlog::level::info;
    case base::log::Level::warn:
      return spdlog::level::warn;
    case base::log::Level::error:
      break;
  }
  return spdlog::level::err;
}

template <std::string (*line)(std::string_view, base::log::Fields)>
void write_line(base::log::Level level, std::string_view text, base::log::Fields fields) {
  if (level <= base::log::Level::info && !budget.take()) return;
  logger->log(spdlog_level(level), spdlog::string_view_t(line(text, fields)));
}

bool plain(std::string_view value) { return !value.empty() && value.find_first_of(" \"=") == value.npos; }

}  // namespace

std::string text_line(std::string_view text, base::log::Fields fields) {
  std::string line = base::log::escaped(text);
  for (const base::log::Field& field : fields) {
    const std::string value = base::log::escaped(field.value);
    line += ' ';
    line += field.name;
    line += '=';
    if (plain(value)) {
      line += value;
    } else {
      line += '"';
      for (const char letter : value) line += letter == '"' ? std::string("\\\"") : std::string(1, letter);
      line += '"';
    }
  }
  return line;
}

std::string json_members(std::string_view text, base::log::Fields fields) {
  std::string members = "\"message\":" + base::json_string(base::log::escaped(text));
  for (const base::log::Field& field : fields) {
    members += ',' + base::json_string(field.name) + ':';
    members += base::json_string(base::log::escaped(field.value));
  }
  return members;
}

void refill_log(std::uint32_t lines) {
  if (const std::uint64_t left_out = budget.refill(lines); left_out > 0)
    base::log::warn("Lines were left out here, since too many came in a second", {{"lines", left_out}});
}

void open_log(base::log::Level least, LogFormat format) {
  using Timezone = spdlog::pattern_time_type;
  const bool json = format == LogFormat::json;
  // Colours only on a terminal, which the sink finds out.
  logger = std::make_shared<spdlog::logger>("dockcast", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(
      json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v",
      Timezone::utc);
  logger->set_level(spdlog_level(least));
  base::log::set_sink(json ? &write_line<&json_members> : &write_line<&text_line>);
  base::log::set_level(least);
}

}  // namespace app
