// The head of a message: start line and header fields. Head gathers its bytes within a bound, parse_*_head take it
// apart with Beast's parser. Stricter than Beast where leniency lets two readers see two messages (request smuggling):
// bare line feeds and folded lines are refused.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/headers.hpp"

namespace http {

class Head {
 public:
  enum class Progress { more, complete, malformed, too_large };

  explicit Head(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes bytes from the front of `bytes` up to the empty line. Empty lines before the start line are skipped
  // (RFC 9112, 2.2).
  Progress feed(std::string_view& bytes);
  std::string_view text() const { return text_; }
  bool in_first_line() const { return line_start_ == 0; }
  void clear();

 private:
  std::size_t bytes_max_;
  std::string text_;
  std::size_t line_start_ = 0;
};

struct RequestHead {
  std::string method;
  std::string target;
  int version_minor = 1;
  Headers headers;
};
struct ResponseHead {
  int status = 0;
  std::string reason;
  int version_minor = 1;
  Headers headers;
};

// Of a complete head. Fault::protocol says what is wrong with it.
base::Result<RequestHead> parse_request_head(std::string_view text);
base::Result<ResponseHead> parse_response_head(std::string_view text);

}  // namespace http
