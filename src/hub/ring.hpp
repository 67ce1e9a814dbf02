// Ring: the newest publications of one channel in one shape, on the control loop. Bounded by bytes: the oldest go
// first, but the last one stays however long it is. Memory is at most `bytes_max` and one chunk.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "hub/publication.hpp"

namespace hub {

class Ring {
 public:
  // `start`: where a follower stands who attaches before anything was published.
  Ring(std::size_t bytes_max, const Place& start) : bytes_max_(bytes_max), base_(start) {}

  struct Content {
    std::string_view bytes;
    std::uint32_t messages = 1;
    net::WallTime source_time = {};
  };
  PublicationRef append(const Content& content, const Place& after);

  std::uint64_t oldest() const { return next_ - publications_.size(); }
  std::uint64_t next() const { return next_; }
  const Place& end() const { return publications_.empty() ? base_ : publications_.back()->after; }
  std::size_t bytes() const { return bytes_; }
  const PublicationRef& at(std::uint64_t sequence) const { return publications_[sequence - oldest()]; }
  const Place& before(std::uint64_t sequence) const {
    return sequence == oldest() ? base_ : publications_[sequence - oldest() - 1]->after;
  }
  // The sequence at which a follower goes on who stands exactly at `place`: the last such, as a status moves nobody.
  std::optional<std::uint64_t> find(const Place& place) const;

 private:
  char* room_for(std::size_t count);

  const std::size_t bytes_max_;
  Place base_;  // before oldest()
  std::deque<PublicationRef> publications_;
  std::uint64_t next_ = 1;
  std::size_t bytes_ = 0;
  std::shared_ptr<char[]> chunk_;
  std::size_t chunk_size_ = 0, chunk_used_ = 0;
};

}  // namespace hub
