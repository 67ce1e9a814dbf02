#include "hub/ring.hpp"

#include <algorithm>

namespace hub {
namespace {

// Chunks grow from a page, so that a thousand quiet channels cost little, to what one send can usefully take.
constexpr std::size_t chunk_least = 4096;
constexpr std::size_t chunk_most = 256 * 1024;

}  // namespace

char* Ring::room_for(std::size_t count) {
  if (chunk_size_ - chunk_used_ < count) {
    chunk_size_ = std::max(count, std::clamp(chunk_size_ * 2, chunk_least, chunk_most));
    chunk_ = std::make_shared_for_overwrite<char[]>(chunk_size_);
    chunk_used_ = 0;
  }
  char* room = chunk_.get() + chunk_used_;
  chunk_used_ += count;
  return room;
}

PublicationRef Ring::append(const Content& content, const Place& after) {
  char* room = room_for(content.bytes.size());
  std::copy(content.bytes.begin(), content.bytes.end(), room);
  auto publication = std::make_shared<Publication>();
  publication->sequence = next_++;
  publication->bytes = {room, content.bytes.size()};
  publication->messages = content.messages;
  publication->source_time = content.source_time;
  publication->after = after;
  publication->chunk = chunk_;
  bytes_ += content.bytes.size();
  publications_.push_back(publication);
  while (bytes_ > bytes_max_ && publications_.size() > 1) {
    bytes_ -= publications_.front()->bytes.size();
    base_ = publications_.front()->after;
    publications_.pop_front();
  }
  return publication;
}

std::optional<std::uint64_t> Ring::find(const Place& place) const {
  for (std::uint64_t sequence = next_; sequence > oldest(); --sequence)
    if (at(sequence - 1)->after == place) return sequence;
  return base_ == place ? std::optional(oldest()) : std::nullopt;
}

}  // namespace hub
