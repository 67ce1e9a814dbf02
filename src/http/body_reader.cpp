#include "http/body_reader.hpp"

#include <algorithm>
#include <charconv>

namespace http {
namespace {

constexpr std::uint32_t extra_bytes_max = 16 * 1024;  // extensions and trailers of one body: nobody needs any
constexpr std::uint32_t size_digits_max = 15;         // so that a size fits into 64 bits with room to spare

base::Error protocol_fault(const char* message) { return {base::Fault::protocol, message}; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char folded = static_cast<char>(c | 0x20);
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

base::Result<std::optional<BodyFraming>> declared_framing(const Headers& headers, int version_minor) {
  const std::size_t lengths = headers.count("Content-Length");
  const std::size_t codings = headers.count("Transfer-Encoding");
  if (lengths + codings == 0) return std::optional<BodyFraming>();
  // Whoever sends both, or one of them twice, may mean another reader to see another message (RFC 9112, 6.3).
  if (lengths + codings > 1) return protocol_fault("more than one of Content-Length and Transfer-Encoding");
  if (codings == 1) {
    if (version_minor == 0) return protocol_fault("Transfer-Encoding in HTTP/1.0");
    if (!equals_ignoring_case(headers.get("Transfer-Encoding"), "chunked")) {
      return base::Error{base::Fault::unsupported, "a transfer coding other than chunked"};
    }
    return std::optional(BodyFraming{BodyFraming::Kind::chunked});
  }
  const std::string_view text = headers.get("Content-Length");
  BodyFraming framing;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), framing.bytes);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return protocol_fault("Content-Length is not a number");
  }
  return std::optional(framing);
}

BodyReader::BodyReader(BodyFraming framing) : remaining_(framing.bytes) {
  switch (framing.kind) {
    case BodyFraming::Kind::length:
      state_ = framing.bytes > 0 ? State::length : State::ended;
      break;
    case BodyFraming::Kind::chunked:
      state_ = State::size;
      break;
    case BodyFraming::Kind::until_close:
      state_ = State::until_close;
      break;
  }
}

base::Result<std::string_view> BodyReader::next(std::string_view& bytes) {
  while (!bytes.empty() && state_ != State::ended) {
    if (state_ == State::length || state_ == State::data || state_ == State::until_close) return take_data(bytes);
    if (!step(bytes.front())) return protocol_fault("malformed chunk");
    bytes.remove_prefix(1);
  }
  return std::string_view();
}

base::Result<void> BodyReader::end_of_stream() {
  if (state_ == State::until_close) state_ = State::ended;
  if (state_ == State::ended) return {};
  return base::Error{base::Fault::closed, "the connection ended within the body"};
}

std::string_view BodyReader::take_data(std::string_view& bytes) {
  if (state_ == State::until_close) return std::exchange(bytes, {});
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
  const std::string_view run = bytes.substr(0, size);
  bytes.remove_prefix(size);
  remaining_ -= size;
  if (remaining_ == 0) state_ = state_ == State::data ? State::data_return : State::ended;
  return run;
}

//   ┌───────────────────────────────────────────────────────────┐
//   v                                                           │
//  size ─> [extension] ─> size_line_feed ─> data ─> data_return ─> data_line_feed
//                              │ size 0
//                              v
//                        trailer_start ─> trailer ─> trailer_line_feed ─> trailer_start
//                              └─ CR ─> last_line_feed ─> ended
bool BodyReader::step(char c) {
  switch (state_) {
    case State::size:
      if (const int digit = hex_value(c); digit >= 0) {
        remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
        return ++digits_ <= size_digits_max;
      }
      state_ = c == '\r' ? State::size_line_feed : State::extension;
      return digits_ > 0 && (c == '\r' || c == ';');
    case State::extension:
      if (c == '\r') state_ = State::size_line_feed;
      return c == '\r' || (!is_control(c) && ++extra_bytes_ <= extra_bytes_max);
    case State::size_line_feed:
      digits_ = 0;
      state_ = remaining_ > 0 ? State::data : State::trailer_start;
      return c == '\n';
    case State::data_return:
      state_ = State::data_line_feed;
      return c == '\r';
    case State::data_line_feed:
      state_ = State::size;
      return c == '\n';
    case State::trailer_start:
    case State::trailer:
      if (c == '\r') {
        state_ = state_ == State::trailer_start ? State::last_line_feed : State::trailer_line_feed;
        return true;
      }
      state_ = State::trailer;
      return !is_control(c) && ++extra_bytes_ <= extra_bytes_max;
    case State::trailer_line_feed:
      state_ = State::trailer_start;
      return c == '\n';
    case State::last_line_feed:
      state_ = State::ended;
      return c == '\n';
    case State::length:
    case State::until_close:
    case State::data:
    case State::ended:
      break;
  }
  return false;
}

}  // namespace http
