#include "integration/log_listener.hpp"

#include <algorithm>
#include <cstdio>

#include "base/check.hpp"

namespace integration {

using docker::LogStream;

void LogListener::on_lines(docker::LogBatch& batch) {
  if (!pieces.empty() && batch.prev != position) chained = false;
  position = batch.position;
  for (const docker::Line& line : batch.lines()) {
    const bool goes_on = !pieces.empty() && pieces.back().stream == line.stream && partial_;
    if (goes_on)
      pieces.back().text += line.text;
    else
      pieces.push_back({false, line.stream, std::string(line.text)});
    partial_ = line.partial;
  }
}

void LogListener::on_gap(const docker::Gap& gap) {
  ++gaps;
  position = gap.to;
  pieces.push_back({true, {}, {}});
}

std::string LogListener::text(LogStream stream) const {
  std::string text;
  for (const Piece& piece : pieces)
    if (!piece.gap && piece.stream == stream) text += piece.text + "\n";
  return text;
}

int LogListener::count(docker::LogEvent event) const {
  return static_cast<int>(std::count(states.begin(), states.end(), event));
}

std::size_t LogListener::lines() const { return pieces.size() - static_cast<std::size_t>(gaps); }

std::string LogListener::states_text() const {
  static constexpr const char* names[] = {"live", "stopped", "restarted", "removed", "source_down", "recovered"};
  std::string text;
  for (docker::LogEvent event : states) text += std::string(names[static_cast<int>(event)]) + " ";
  return text;
}

std::string LogListener::judge_numbers(LogStream stream, int end) const {
  int expected = 0;
  int gaps_since = 0;
  for (const Piece& piece : pieces) {
    gaps_since += piece.gap;
    if (piece.gap || piece.stream != stream) continue;
    const int number = std::atoi(piece.text.c_str());
    const std::string at = std::to_string(number) + " after " + std::to_string(expected - 1);
    if (number < expected) return "twice or out of order: " + at;
    if (number > expected && gaps_since == 0) return "missing without a gap: " + at;
    expected = number + 1;
    gaps_since = 0;
  }
  if (expected != end && gaps_since == 0) return "the last line is " + std::to_string(expected - 1);
  return "";
}

std::string docker_logs(const std::string& socket, const std::string& id, LogStream stream,
                        const std::string& options) {
  const char* redirect = stream == LogStream::out ? " 2>/dev/null" : " 2>&1 >/dev/null";
  const std::string command = "docker -H unix://" + socket + " logs " + options + " " + id + redirect;
  FILE* pipe = popen(command.c_str(), "r");
  CHECK(pipe != nullptr);
  std::string text;
  char bytes[65536];
  while (std::size_t got = fread(bytes, 1, sizeof bytes, pipe)) text.append(bytes, got);
  CHECK(pclose(pipe) == 0);
  return text;
}

}  // namespace integration
