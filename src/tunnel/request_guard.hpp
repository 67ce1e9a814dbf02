// RequestGuard: what of that which comes through the bus may reach the Engine: one question that changes nothing, out
// of a list of those that dockcast asks, taken apart by our own parser and written anew, so that the Engine reads
// exactly what was judged. For whoever can write to Redis must not thereby own the machine.
//
// Pure; thread: its owner's. Bounds: a head as http::RequestReader has it, no body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/request_reader.hpp"

namespace tunnel {

class RequestGuard {
 public:
  RequestGuard();

  enum class Verdict : std::uint8_t { more, passes, refused };
  // Once it is not `more` the stream has had its request: whatever comes behind it is refused, without an answer.
  Verdict feed(std::string_view bytes);
  const std::string& request() const { return text_; }  // after `passes`: for the Engine
  const std::string& answer() const { return text_; }   // after `refused`: for the asker

 private:
  Verdict refuse(int status, std::string_view why);

  http::RequestReader reader_;
  bool passed_ = false;
  std::string text_;
};

// Of a request's head: its answer may take as long as whoever asks likes: a log, events, stats.
bool is_long(std::string_view head);

}  // namespace tunnel
