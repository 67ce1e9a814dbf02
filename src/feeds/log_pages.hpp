// LogPages: pages of containers' logs for people who look back: the `history` of protocol.md. Remembers how far from
// its log's end each page began, so that the page before it is found without a search; whoever asks elsewhere, or after
// that was forgotten, is answered all the same.
//
// Owner and thread: LogFeeds, control loop. Bounds: a page as docker::PageFrom has it for each who asks; depths_max
// positions. It outlives its tasks.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "docker/page_read.hpp"
#include "feeds/log_messages.hpp"
#include "net/gate.hpp"

namespace feeds {

struct PageAsked {
  std::string container = {};  // the full id
  // One of them, or none: the newest lines.
  std::optional<docker::Position> after = {}, before = {};
  std::optional<std::int64_t> since_ns = {};
  std::uint64_t limit = 100;
  // Where the asker has read it: its engine_key().
  std::optional<std::uint64_t> engine() const {
    return after ? std::optional(after->engine) : before ? std::optional(before->engine) : std::nullopt;
  }
};

struct Page {
  std::string items;        // JSON: a list of `log` and `gap` messages
  std::string first, last;  // positions
  bool more = false;
};
using OnPage = base::Callback<void(base::Result<Page>)>;

class LogPages {
 public:
  static constexpr std::size_t depths_max = 4096;

  struct Shared {
    net::Loop& loop;
    docker::Client& engine;
    net::Gate& reads;  // history reads of this Engine at once
    ws::Deflater& deflater;
  };
  LogPages(Shared shared, std::uint64_t engine_key) : shared_(shared), engine_key_(engine_key) {}

  net::Task<void> answer(PageAsked asked, OnPage on_page);

 private:
  net::Task<base::Result<Page>> read(PageAsked asked);
  std::optional<std::uint64_t> depth_of(const PageAsked& asked) const;
  void remember(const std::string& position, std::uint64_t depth);

  Shared shared_;
  const std::uint64_t engine_key_;
  std::unordered_map<std::string, std::uint64_t> depths_;  // by position
  std::deque<std::string> known_;                          // the same positions, the oldest first
};

}  // namespace feeds
