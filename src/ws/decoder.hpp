// Decoder: received bytes in, WebSocket messages and control frames out (RFC 6455, section 5). No I/O, no clock.
//
// One sits in every idle session, so at rest it owns nothing: memory is taken only while a frame or a fragmented
// message is unfinished, grows with what has arrived (never with what a header announces) up to message_bytes_max, and
// is given back with the message. Whole frames are unmasked where they lie and handed out without a copy.
// Everything that can be wrong is found as early as the bytes allow; then the decoder is at its end. A deflated message
// is inflated when it is complete, so what is wrong with its text is found only then.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ws/frame.hpp"

namespace ws {

class Inflater;

// What the peer must keep to.
struct Rules {
  std::size_t message_bytes_max = 64 * 1024;  // of one message, all fragments together, deflated and inflated
  std::uint32_t fragments_max = 1024;         // of one message; bounds the empty ones
  bool masked = true;                         // clients must mask, servers must not (5.1)
  Inflater* inflater = nullptr;               // where permessage-deflate is agreed on (RFC 7692)
  std::uint32_t inflation_max = 0;            // times its deflated size that a message may become; 0: any
};

struct Event {
  enum class Kind : std::uint8_t { none, text, binary, ping, pong, close, fault };
  enum class Bound : std::uint8_t { none, bytes, fragments, inflation };
  Kind kind = Kind::none;
  std::uint16_t code = 0;     // close: the peer's code, 1005 if it gave none; fault: the code to close with
  std::string_view text;      // the payload; close: the reason; fault: what is wrong, for the log
  Bound bound = Bound::none;  // fault: the rule's bound that was passed
};

class Decoder {
 public:
  Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  // Takes bytes from the front of `bytes`, changing them, until something is complete; `none` when they are used up.
  // Call until `none`. The event's text is valid until the next call or as long as the bytes are. After `close` or
  // `fault` there is nothing more to come: all further bytes are swallowed.
  Event next(std::span<char>& bytes, const Rules& rules);

  // In the middle of a frame or a fragmented message: the owner sets it a deadline.
  bool unfinished() const { return part_ != nullptr; }

 private:
  struct Part;

  Event take_header(std::span<char>& bytes, const Rules& rules);
  Event take_payload(std::span<char>& bytes, const Rules& rules);
  Part& part();

  std::unique_ptr<Part> part_;
  bool ended_ = false;
};
static_assert(sizeof(Decoder) <= 16);

}  // namespace ws
