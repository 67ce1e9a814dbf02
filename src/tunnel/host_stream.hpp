// HostStream: the answering end of a tunnel: judges the question, asks the Engine, and sends what it says as far as the
// asker has given credit. Owner and thread: Host, the bus' loop. Only for host.cpp and host_stream.cpp.
#pragma once

#include "net/signal.hpp"
#include "tunnel/host.hpp"

namespace tunnel {

class HostStream {
 public:
  HostStream(Host& host, std::string asker, std::uint64_t stream);

  const std::string& asker() const { return asker_; }
  void hear(const Frame& frame);
  // The asker is to know that it is heard.
  void greet() { wire_.send(Kind::alive); }
  // The last word to the asker, which needs no more than that; it is forgotten soon after.
  void cut(std::string_view why);
  // The end of a second.
  void look();

 private:
  void on_bytes(std::string_view bytes);
  net::Task<void> refuse();
  net::Task<void> ask();
  net::Task<std::string> pump(net::Stream& engine);
  net::Task<bool> give(std::string_view bytes);
  void end(Kind kind, std::string_view why = {});

  Host& host_;
  const std::string asker_;
  Wire wire_;
  RequestGuard guard_;
  std::uint64_t sent_ = 0, taken_ = 0;
  net::Signal credit_;
  bool over_ = false;
  net::Job job_;
};

}  // namespace tunnel
