#include "docker/json_lines.hpp"

namespace docker {
namespace {

constexpr std::size_t line_bytes_max = 1024 * 1024;

}  // namespace

net::Task<base::Result<std::string_view>> JsonLines::next() {
  unread_.erase(0, std::exchange(taken_, 0));
  for (;;) {
    const auto end = unread_.find('\n', searched_);
    if (end != unread_.npos) {
      taken_ = end + 1;
      searched_ = 0;
      co_return std::string_view(unread_).substr(0, end);
    }
    searched_ = unread_.size();
    if (searched_ > line_bytes_max) {
      co_return base::Error{base::Fault::too_large, "The Engine sent a line that is longer than 1 MiB"};
    }
    auto run = co_await body_->next();
    if (!run) co_return run.error();
    if (run->empty()) co_return base::Error{base::Fault::closed, "The Engine ended its stream"};
    unread_ += *run;
  }
}

}  // namespace docker
