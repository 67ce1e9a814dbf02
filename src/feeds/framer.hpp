// Framer: a message's JSON as followers of a shape are sent it: a WebSocket message, an event of an event stream, a
// line. Made once per shape, whoever follows. Thread: the control loop.
#pragma once

#include <string>
#include <string_view>

#include "feeds/follow.hpp"
#include "ws/deflate.hpp"
#include "ws/frame.hpp"

namespace feeds {

class Framer {
 public:
  // `deflater` is the loop's, for shapes that want it.
  explicit Framer(ws::Deflater& deflater) : deflater_(deflater) {}

  // `position`: where who has it stands; empty where it moves nobody. JSON has no line ends.
  void append(std::string& out, std::string_view json, const Shape& shape, std::string_view position = {}) {
    switch (shape.form) {
      case Form::event_stream:
        if (!position.empty()) out.append("id: ").append(position).append("\n");
        out.append("data: ").append(json).append("\n\n");
        return;
      case Form::json_lines:
        out.append(json).append("\n");
        return;
      default:
        break;
    }
    if (!shape.deflate || json.size() < deflate_bytes_min) return ws::append_text_frame(out, json);
    deflated_.clear();
    deflater_.deflate(deflated_, json);
    ws::append_deflated_frame(out, ws::Opcode::text, deflated_);
  }

 private:
  static constexpr std::size_t deflate_bytes_min = 128;  // a shorter one would hardly become shorter, and goes as it is

  ws::Deflater& deflater_;
  std::string deflated_;
};

}  // namespace feeds
