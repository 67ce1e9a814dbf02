#include "feeds/shared_frame.hpp"

#include "base/bytes.hpp"

namespace feeds {
namespace {

using base::put;
using base::Taker;

constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t answers_flag = 1;

}  // namespace

std::string encode(const SharedFrame& frame) {
  std::string out;
  put(out, format_version);
  put(out, static_cast<std::uint8_t>(frame.kind));
  put(out, frame.engine_answers ? answers_flag : std::uint8_t{0});
  put(out, std::uint8_t{0});
  put(out, frame.fence.epoch);
  put(out, frame.fence.counter);
  put(out, frame.sender);
  put(out, frame.sequence);
  return out.append(frame.body);
}

std::optional<SharedFrame> decode_shared(std::string_view bytes, Undecodable& why) {
  Taker taker{bytes};
  why = Undecodable::malformed;
  if (taker.number<std::uint8_t>() != format_version) {
    if (taker.good) why = Undecodable::version;
    return std::nullopt;
  }
  SharedFrame frame;
  const auto kind = taker.number<std::uint8_t>();
  frame.engine_answers = (taker.number<std::uint8_t>() & answers_flag) != 0;
  taker.number<std::uint8_t>();
  frame.fence.epoch = taker.number<std::uint64_t>();
  frame.fence.counter = taker.number<std::uint64_t>();
  frame.sender = taker.number<std::uint64_t>();
  frame.sequence = taker.number<std::uint64_t>();
  frame.body = taker.rest;
  if (!taker.good || kind > static_cast<std::uint8_t>(SharedFrame::Kind::wish)) return std::nullopt;
  frame.kind = static_cast<SharedFrame::Kind>(kind);
  return frame;
}

}  // namespace feeds
