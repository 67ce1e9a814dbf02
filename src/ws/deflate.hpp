// Deflate: the payloads of permessage-deflate (RFC 7692), each by itself: no context is taken over from one message to
// the next, so one deflated publication is every follower's, and a session keeps no state for it. Thin over zlib.
//
// One of each serves a whole loop: about 268 KB for a Deflater, 44 KB for an Inflater, from its first use on. Thread:
// its owner's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace ws {

class Deflater {
 public:
  // `window_bits`, 9 to 15: how far back what is deflated may refer, as a power of two (RFC 7692, 7.1.2.1).
  explicit Deflater(int window_bits = 15);

  // Appends the payload of a message with this text.
  void deflate(std::string& out, std::string_view text);

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  int window_bits_;
  std::unique_ptr<z_stream_s, End> stream_;
};

class Inflater {
 public:
  enum class Outcome : std::uint8_t { done, corrupt, too_long };

  // Appends the text of a message with this payload. It stops at `bytes_max` bytes of `out`, whatever is to come: the
  // memory that a small payload may ask for is bounded while it is inflated, not behind.
  Outcome inflate(std::string& out, std::string_view payload, std::size_t bytes_max);

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  Outcome feed(std::string& out, std::string_view bytes, std::size_t bytes_max);
  std::unique_ptr<z_stream_s, End> stream_;
};

}  // namespace ws
