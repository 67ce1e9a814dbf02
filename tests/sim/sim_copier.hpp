// SimCopier: dockerd's copier of one stream (docker-engine.md 3.3; daemon/logger/copier.go): bytes that a process
// writes in, stamped pieces of at most 16 KiB out. What has no newline yet waits, until 16 KiB are full or the stream
// ends. All pieces of one line carry the first one's stamp. Independent of src/docker on purpose.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class SimStream : std::uint8_t { out = 1, err = 2 };  // as on the wire

// What the copier hands to the log driver; `line` has no newline.
struct SimPiece {
  SimStream stream = SimStream::out;
  std::int64_t stamp = 0;  // nanoseconds since 1970 by the daemon's clock
  std::string line;
  bool piece = false;  // of a line that had to be cut, or that never ended
  bool last = false;   // of such a line
};

class SimCopier {
 public:
  using Stamp = std::function<std::int64_t()>;  // the daemon's clock, never the same twice

  SimCopier(SimStream stream, Stamp stamp) : stream_(stream), stamp_(std::move(stamp)) {}

  // At most one piece comes out; `bytes` loses what was taken. Call again while it is not empty.
  std::vector<SimPiece> read(std::string_view& bytes);
  // The process is gone.
  std::vector<SimPiece> end();

 private:
  SimPiece take(bool goes_on);

  SimStream stream_;
  Stamp stamp_;
  std::string buffer_;
  bool in_pieces_ = false;
  std::int64_t pieces_stamp_ = 0;
};

}  // namespace sim
