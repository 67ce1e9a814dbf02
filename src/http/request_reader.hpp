// RequestReader: bytes of a connection in, requests out, one at a time (HTTP/1.1 and 1.0, RFC 9112). No I/O, no clock:
// deadlines are the owner's. Lives only while a connection speaks HTTP. Holds at most head_bytes_max + body_bytes_max.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/body_reader.hpp"
#include "http/head.hpp"
#include "http/request.hpp"

namespace http {

struct RequestLimits {
  std::size_t head_bytes_max = 16 * 1024;    // start line and headers: 431
  std::size_t headers_max = 100;             // 431
  std::size_t target_bytes_max = 8 * 1024;   // 414
  std::size_t body_bytes_max = 1024 * 1024;  // 413
};

class RequestReader {
 public:
  enum class Progress : std::uint8_t { more, complete, refused };
  enum class Bound : std::uint8_t { none, target, head_bytes, headers, body };

  explicit RequestReader(RequestLimits limits = {}) : limits_(limits), head_(limits.head_bytes_max) {}

  // Takes bytes from the front of `bytes`, never more than up to the request's end: what is left belongs to the next
  // request or to the WebSocket. After `complete` comes take(). After `refused` answer refusal() and close the
  // connection, for where the next request would begin cannot be known.
  Progress feed(std::string_view& bytes);
  Request take();  // after `complete`; the reader is then at the start of the next request
  const Refusal& refusal() const { return refusal_; }
  Bound bound() const { return bound_; }  // the limit that was passed, if the refusal is for one

  // Bytes of a request have come: its deadline runs.
  bool started() const { return state_ != State::head || !head_.text().empty(); }
  // True once for a request that waits for "100 Continue" before it sends its body (RFC 9110, 10.1.1).
  bool take_continue() { return std::exchange(continue_wanted_, false); }

 private:
  enum class State : std::uint8_t { head, body, complete, refused };

  Progress read_head(std::string_view& bytes);
  Progress read_body(std::string_view& bytes);
  OrRefusal<void> begin(RequestHead head);
  Progress refuse(Refusal refusal);
  Refusal beyond(Bound bound);

  RequestLimits limits_;
  State state_ = State::head;
  bool continue_wanted_ = false;
  Bound bound_ = Bound::none;
  Head head_;
  BodyReader body_;
  Request request_;
  Refusal refusal_;
};

}  // namespace http
