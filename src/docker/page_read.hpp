// read_page: one page of a container's log, for people who look back. By one read, which begins as near as can be.
//
// Thread: the client's loop. Bounds: lines and page_bytes of PageFrom; one line more than that is not held.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "docker/history_read.hpp"

namespace docker {

// Behind a position or from a time on; or the last lines, before a position or of all.
struct PageFrom {
  std::optional<Position> after, before;  // of this log
  std::optional<std::int64_t> since_ns;
  std::uint64_t lines = 100;
  std::size_t page_bytes = 768 * 1024;      // fewer lines, where they are long; at least one
  std::optional<std::uint64_t> depth = {};  // of `before`, as LogPage said it
};

struct LogPage {
  Position first, last;                               // before its first line, and behind its last
  bool more = false;                                  // there are more lines in the direction asked
  std::vector<std::unique_ptr<HistoryChunk>> chunks;  // lines, and gaps between them
  std::optional<std::uint64_t> depth;                 // so many records lie behind `first`, or a few less
};

// As HistoryRead; Fault::too_large where one line is longer than LogSurvey::line_bytes_max.
net::Task<base::Result<LogPage>> read_page(Client& client, net::Loop& loop, LogSource source, PageFrom from);

}  // namespace docker
