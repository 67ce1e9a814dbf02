// BodyReader: the body of a message out of the bytes after its head, by whichever of the three framings it has
// (RFC 9112, section 6): a length, chunks, or everything until the connection ends. Nothing is copied or kept: what
// comes out lies in the bytes that went in. Chunk extensions and trailers are checked, bounded and dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "http/headers.hpp"

namespace http {

struct BodyFraming {
  enum class Kind : std::uint8_t { length, chunked, until_close };
  Kind kind = Kind::length;
  std::uint64_t bytes = 0;  // of `length`
};

// What the header fields say; nothing where they are silent. Fault::protocol where they contradict each other or
// themselves, Fault::unsupported for a transfer coding other than `chunked`.
base::Result<std::optional<BodyFraming>> declared_framing(const Headers& headers, int version_minor);

class BodyReader {
 public:
  BodyReader() = default;
  explicit BodyReader(BodyFraming framing);

  // Takes bytes from the front of `bytes` and returns the next run of body among them; empty when more bytes are
  // needed or the body has ended. Fault::protocol on bad chunks; then it must not be called again.
  base::Result<std::string_view> next(std::string_view& bytes);
  bool ended() const { return state_ == State::ended; }
  // The connection ended. Fault::closed where the body was cut.
  base::Result<void> end_of_stream();

 private:
  enum class State : std::uint8_t {
    length,          // remaining_ bytes of a body with a length
    until_close,     //
    size,            // hex digits of a chunk's size
    extension,       // up to the end of the size's line
    size_line_feed,  //
    data,            // remaining_ bytes of a chunk
    data_return,     // CR and LF behind them
    data_line_feed,
    trailer_start,  // the first byte of a trailer's line, or CR of the last line
    trailer,        // the rest of it
    trailer_line_feed,
    last_line_feed,
    ended,
  };

  std::string_view take_data(std::string_view& bytes);
  bool step(char c);  // one byte of a chunk's frame; false: it cannot stand here

  State state_ = State::ended;
  std::uint32_t digits_ = 0;       // of the chunk size
  std::uint32_t extra_bytes_ = 0;  // extensions and trailers so far
  std::uint64_t remaining_ = 0;
};

}  // namespace http
