#include "ws/decoder.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/utf8.hpp"
#include "ws/deflate.hpp"

namespace ws {
namespace {

constexpr std::size_t masked_header_bytes_max = 14;
// Short messages may inflate as they like: {"type":"ping","id":"xxx…"} does no harm.
constexpr std::size_t inflated_freely_bytes = 4 * 1024;

struct Header {
  Opcode opcode = Opcode::text;
  bool last = true, deflated = false;
  std::uint64_t payload_bytes = 0;
  MaskKey key = {};

  bool control() const { return opcode >= Opcode::close; }
};

// The data message that is being put together; `fragments` is 0 while there is none.
struct Message {
  Opcode opcode = Opcode::text;
  bool deflated = false;
  std::uint32_t fragments = 0;
  std::string text;  // or, as long as it comes, its deflated payload
  base::Utf8 utf8;
};

std::span<char> take(std::span<char>& bytes, std::size_t count) {
  const std::span<char> taken = bytes.first(count);
  bytes = bytes.subspan(count);
  return taken;
}

std::string_view view(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

Event fault(std::uint16_t code, std::string_view why) { return {Event::Kind::fault, code, why}; }
Event beyond(Event::Bound bound, std::string_view why) { return {Event::Kind::fault, 1009, why, bound}; }

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// How many bytes of extended length follow the second byte (RFC 6455, 5.2).
std::size_t length_bytes(std::string_view header) {
  const unsigned length = byte_at(header, 1) & 0x7f;
  return length == 126 ? 2 : length == 127 ? 8 : 0;
}

std::uint64_t payload_bytes(std::string_view header) {
  const std::size_t extended = length_bytes(header);
  if (extended == 0) return byte_at(header, 1) & 0x7f;
  std::uint64_t length = 0;
  for (std::size_t i = 2; i < 2 + extended; ++i) length = length << 8 | byte_at(header, i);
  return length;
}

// The size of the header that begins with these bytes; 2 while there are too few to tell.
std::size_t header_size(std::string_view known) {
  if (known.size() < 2) return 2;
  return 2 + length_bytes(known) + (byte_at(known, 1) & 0x80 ? 4 : 0);
}

// RSV1 says that a message is deflated, on its first frame (RFC 7692, 6).
Event judge_first_byte(unsigned byte, bool message_open, bool deflate) {
  const unsigned opcode = byte & 0x0f;
  const bool may_be_deflated = deflate && (opcode == 1 || opcode == 2);
  if (byte & (may_be_deflated ? 0x30 : 0x70)) return fault(1002, "a reserved bit is set");
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return fault(1002, "reserved opcode");
  if (opcode >= 8 && !(byte & 0x80)) return fault(1002, "fragmented control frame");
  if (opcode == 0 && !message_open) return fault(1002, "continuation without a message");
  if ((opcode == 1 || opcode == 2) && message_open) return fault(1002, "new message within a fragmented one");
  return {};
}

// Judges a header by as many of its bytes as are there.
Event judge(std::string_view known, const Rules& rules, const Message& message) {
  if (known.empty()) return {};
  const Event first = judge_first_byte(byte_at(known, 0), message.fragments > 0, rules.inflater != nullptr);
  if (first.kind != Event::Kind::none || known.size() < 2) return first;
  if (((byte_at(known, 1) & 0x80) != 0) != rules.masked) return fault(1002, "frame masked the wrong way");
  const std::size_t extended = length_bytes(known);
  if (byte_at(known, 0) & 0x08) return extended > 0 ? fault(1002, "control frame over 125 bytes") : Event{};

  if (message.fragments >= rules.fragments_max) return beyond(Event::Bound::fragments, "too many fragments");
  if (known.size() < 2 + extended) return {};
  const std::uint64_t length = payload_bytes(known);
  if (extended > 0 && length <= (extended == 2 ? 125U : 0xffffU)) return fault(1002, "length not minimal");
  const std::size_t room = rules.message_bytes_max - std::min(rules.message_bytes_max, message.text.size());
  if (length > room) return beyond(Event::Bound::bytes, "message too long");
  return {};
}

Header parse(std::string_view header) {
  Header parsed;
  parsed.opcode = static_cast<Opcode>(byte_at(header, 0) & 0x0f);
  parsed.last = (byte_at(header, 0) & 0x80) != 0;
  parsed.deflated = (byte_at(header, 0) & 0x40) != 0;
  parsed.payload_bytes = payload_bytes(header);
  if (byte_at(header, 1) & 0x80) header.copy(parsed.key.data(), 4, 2 + length_bytes(header));
  return parsed;
}

Event close_event(std::string_view payload) {
  if (payload.empty()) return {Event::Kind::close, 1005, {}};  // 7.1.5
  if (payload.size() == 1) return fault(1002, "close frame of one byte");
  const auto code = static_cast<std::uint16_t>(byte_at(payload, 0) << 8 | byte_at(payload, 1));
  if (!is_close_code(code)) return fault(1002, "bad close code");
  if (!base::is_utf8(payload.substr(2))) return fault(1007, "close reason is not UTF-8");
  return {Event::Kind::close, code, payload.substr(2)};
}

Event control_event(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::close) return close_event(payload);
  return {opcode == Opcode::ping ? Event::Kind::ping : Event::Kind::pong, 0, payload};
}

Event data_event(Opcode opcode, std::string_view payload) {
  return {opcode == Opcode::text ? Event::Kind::text : Event::Kind::binary, 0, payload};
}

Event inflate(Message& message, const Rules& rules) {
  std::string inflated;
  const std::size_t by_ratio = std::max(inflated_freely_bytes, rules.inflation_max * message.text.size());
  const bool by_size = rules.inflation_max == 0 || by_ratio >= rules.message_bytes_max;
  switch (rules.inflater->inflate(inflated, message.text, by_size ? rules.message_bytes_max : by_ratio)) {
    case Inflater::Outcome::corrupt:
      return fault(1007, "the deflated message is corrupt");
    case Inflater::Outcome::too_long:
      return by_size ? beyond(Event::Bound::bytes, "message too long")
                     : beyond(Event::Bound::inflation, "the deflated message inflates too much");
    case Inflater::Outcome::done:
      break;
  }
  if (message.opcode == Opcode::text && !base::is_utf8(inflated)) return fault(1007, "text is not UTF-8");
  message.text = std::move(inflated);
  return {};
}

// Appends, and doubles the memory as a string would, but never beyond `bytes_max`: the bound is what a client may pin.
// A string's own reserve() would go beyond, so the text moves into a fresh one.
void append_within(std::string& text, std::string_view more, std::size_t bytes_max) {
  const std::size_t needed = text.size() + more.size();
  if (needed > text.capacity()) {
    std::string grown;
    grown.reserve(std::max(needed, std::min(2 * text.capacity(), bytes_max)));
    text.swap(grown.append(text));
  }
  text.append(more);
}

}  // namespace

struct Decoder::Part {
  std::array<char, masked_header_bytes_max> header = {};  // the bytes of one that is not complete
  std::size_t header_bytes = 0;
  std::optional<Header> frame;  // whose payload is coming
  std::uint64_t payload_taken = 0;
  std::string control;
  Message message;

  bool at_rest() const { return header_bytes == 0 && !frame && message.fragments == 0; }
};

Decoder::Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Decoder::Part& Decoder::part() {
  if (!part_) part_ = std::make_unique<Part>();
  return *part_;
}

Event Decoder::next(std::span<char>& bytes, const Rules& rules) {
  if (part_ && part_->at_rest()) part_.reset();
  Event event;
  while (!ended_ && !bytes.empty() && event.kind == Event::Kind::none) {
    event = part_ && part_->frame ? take_payload(bytes, rules) : take_header(bytes, rules);
    ended_ = event.kind == Event::Kind::close || event.kind == Event::Kind::fault;
  }
  if (ended_) bytes = {};
  return event;
}

Event Decoder::take_header(std::span<char>& bytes, const Rules& rules) {
  static const Message none;
  std::array<char, masked_header_bytes_max> gathered = {};
  const std::size_t kept = part_ ? part_->header_bytes : 0;
  if (kept > 0) std::copy_n(part_->header.begin(), kept, gathered.begin());
  const std::size_t fresh = std::min(gathered.size() - kept, bytes.size());
  std::copy_n(bytes.begin(), fresh, gathered.begin() + static_cast<std::ptrdiff_t>(kept));

  const std::string_view known(gathered.data(), kept + fresh);
  if (const Event wrong = judge(known, rules, part_ ? part_->message : none); wrong.kind != Event::Kind::none) {
    return wrong;
  }
  const std::size_t size = header_size(known);
  if (known.size() < size) {
    part().header = gathered;
    part().header_bytes = known.size();
    bytes = {};
    return {};
  }
  take(bytes, size - kept);
  if (part_) part_->header_bytes = 0;

  const Header header = parse(known);
  const bool alone = header.control() || (header.last && !header.deflated && header.opcode != Opcode::continuation);
  if (!alone || header.payload_bytes > bytes.size()) {
    part().frame = header;
    part().payload_taken = 0;
    part().control.clear();
    if (!header.control() && part().message.fragments++ == 0) {
      part().message.opcode = header.opcode;
      part().message.deflated = header.deflated;
    }
    return take_payload(bytes, rules);
  }
  const std::span<char> payload = take(bytes, static_cast<std::size_t>(header.payload_bytes));
  apply_mask(payload, header.key, 0);
  if (header.control()) return control_event(header.opcode, view(payload));
  if (header.opcode == Opcode::text && !base::is_utf8(view(payload))) return fault(1007, "text is not UTF-8");
  return data_event(header.opcode, view(payload));
}

Event Decoder::take_payload(std::span<char>& bytes, const Rules& rules) {
  const Header frame = *part_->frame;
  Message& message = part_->message;
  const std::uint64_t remaining = frame.payload_bytes - part_->payload_taken;
  const std::span<char> run = take(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(remaining, bytes.size())));
  apply_mask(run, frame.key, static_cast<std::size_t>(part_->payload_taken));
  part_->payload_taken += run.size();
  const bool complete = run.size() == remaining;
  if (complete) part_->frame.reset();

  if (frame.control()) {
    part_->control.append(view(run));
    return complete ? control_event(frame.opcode, part_->control) : Event{};
  }
  const bool text = message.opcode == Opcode::text;
  if (text && !message.deflated && !message.utf8.feed(view(run))) return fault(1007, "text is not UTF-8");
  append_within(message.text, view(run), rules.message_bytes_max);
  if (!complete || !frame.last) return {};
  if (message.deflated) {
    if (const Event wrong = inflate(message, rules); wrong.kind != Event::Kind::none) return wrong;
  } else if (text && !message.utf8.complete()) {
    return fault(1007, "text is not UTF-8");
  }
  message.fragments = 0;
  return data_event(message.opcode, message.text);
}

}  // namespace ws
