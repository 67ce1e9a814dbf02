// JsonLines: an answer of the Engine that is one JSON object a line, as it comes: /events, /stats. Whatever they
// contain, the Engine's encoder leaves no newline in them. Bounds: a line of 1 MiB.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/client.hpp"
#include "net/task.hpp"

namespace docker {

class JsonLines {
 public:
  explicit JsonLines(std::unique_ptr<http::Body> body) : body_(std::move(body)) {}

  // Waits for the next line, which is valid until the next call. Fault::closed when the stream has ended.
  net::Task<base::Result<std::string_view>> next();

 private:
  std::unique_ptr<http::Body> body_;
  std::string unread_;
  std::size_t taken_ = 0;     // of unread_, given out
  std::size_t searched_ = 0;  // of unread_, without a newline
};

}  // namespace docker
