// ResponseReader: bytes of a connection in, one response out: its head, then its body as it comes (RFC 9112). No I/O,
// no clock, and no copy of the body: runs lie in the bytes that went in. Holds at most a head.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/body_reader.hpp"
#include "http/head.hpp"

namespace http {

class ResponseReader {
 public:
  enum class Kind : std::uint8_t {
    more,  // the bytes are used up
    head,  // head() is there
    body,  // a run of body
    end,   // of the response; after 101 what is left of the bytes belongs to the other protocol
  };
  struct Event {
    Kind kind = Kind::more;
    std::string_view body = {};
  };

  // `bodiless`: the request was HEAD.
  explicit ResponseReader(bool bodiless = false, std::size_t head_bytes_max = 64 * 1024)
      : bodiless_(bodiless), head_bytes_(head_bytes_max) {}

  // Takes bytes from the front of `bytes` for the next event. Fault::protocol or too_large; then it must not be called
  // again. Interim answers (1xx, but for 101) are skipped.
  base::Result<Event> next(std::string_view& bytes);
  // The connection ended, which is a fair end only for a body without a length: else Fault::closed.
  base::Result<void> end_of_stream();
  // Valid from `head` on.
  const ResponseHead& head() const { return head_; }

 private:
  enum class State : std::uint8_t { head, body, ended };

  base::Result<Event> read_head(std::string_view& bytes);

  bool bodiless_;
  State state_ = State::head;
  Head head_bytes_;
  ResponseHead head_;
  BodyReader body_;
};

}  // namespace http
