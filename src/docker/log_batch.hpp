// LogBatch: lines of a log with their text, as they were delivered in one go. Owned by whoever reads.
#pragma once

#include <string>
#include <vector>

#include "docker/log_lines.hpp"

namespace docker {

class LogBatch {
 public:
  static constexpr std::size_t bytes_full = 32 * 1024;  // then it should be passed on; one line may be longer

  LogBatch() = default;
  explicit LogBatch(const Position& at) : prev(at), position(at) {}

  void add(const Line& line) {
    text_ += line.text;
    lines_.push_back(line);
    reach(position, line);
  }
  bool empty() const { return lines_.empty(); }
  bool full() const { return text_.size() >= bytes_full; }

  // The lines, their text borrowed from the batch. Call it when nothing will be added any more.
  const std::vector<Line>& lines() {
    std::size_t offset = 0;
    for (Line& line : lines_) {
      line.text = std::string_view(text_).substr(offset, line.text.size());
      offset += line.text.size();
    }
    return lines_;
  }
  // Empty again, behind what it held.
  void clear() {
    lines_.clear();
    text_.clear();
    prev = position;
  }

  Position prev, position;  // behind parts of lines as well

 private:
  std::vector<Line> lines_;
  std::string text_;
};

}  // namespace docker
