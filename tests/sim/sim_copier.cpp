#include "sim/sim_copier.hpp"

#include <algorithm>

namespace sim {
namespace {
constexpr std::size_t buffer_bytes = 16 * 1024;
}

std::vector<SimPiece> SimCopier::read(std::string_view& bytes) {
  const auto newline = bytes.find('\n');
  const std::size_t line = newline == bytes.npos ? bytes.size() : newline;
  const std::size_t taken = std::min(line, buffer_bytes - buffer_.size());
  buffer_ += bytes.substr(0, taken);
  bytes.remove_prefix(taken);
  std::vector<SimPiece> pieces;
  if (buffer_.size() == buffer_bytes) {  // full, even where the newline comes next
    pieces.push_back(take(true));
  } else if (!bytes.empty()) {
    bytes.remove_prefix(1);
    pieces.push_back(take(false));
  }
  return pieces;
}

std::vector<SimPiece> SimCopier::end() {
  std::vector<SimPiece> pieces;
  if (!buffer_.empty()) pieces.push_back(take(true));
  in_pieces_ = false;
  return pieces;
}

SimPiece SimCopier::take(bool goes_on) {
  SimPiece piece{stream_, in_pieces_ ? pieces_stamp_ : stamp_(), std::move(buffer_), in_pieces_ || goes_on, !goes_on};
  buffer_.clear();
  in_pieces_ = goes_on;
  pieces_stamp_ = piece.stamp;
  return piece;
}

}  // namespace sim
