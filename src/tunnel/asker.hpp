// Asker: opens connections to Engines that other instances reach, through one of them (host.hpp), and hears what comes
// back for all of them.
//
// Thread: the bus' loop. It outlives its streams and tasks. Bounds: streams_max at once, long_max of them with answers
// that have no end, the next is refused; each stream's in far_stream.hpp.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "bus/bus.hpp"
#include "net/stream.hpp"
#include "tunnel/directory.hpp"
#include "tunnel/far_stream.hpp"

namespace tunnel {

class Asker final : private bus::Listener {
 public:
  // An inspect does not wait for logs that are followed.
  static constexpr std::size_t streams_max = 256, long_max = streams_max - 32;

  // `name`: this instance's, nobody else's.
  Asker(Wire::Place place, Directory& directory, std::string name);

  // Fault::unavailable where no instance reaches it, Redis is away, or there are too many streams.
  base::Result<std::unique_ptr<net::Stream>> open(const std::string& engine);

  const std::string& name() const { return name_; }
  net::Loop& loop() { return place_.loop; }
  std::size_t streams() const { return streams_.size(); }

 private:
  friend class FarStream;
  struct Open {
    FarStream* stream;
    std::string engine;
  };
  void forget(std::uint64_t stream) { streams_.erase(stream); }
  void doubt(const std::string& host);
  void look();
  template <class Call>
  void each(Call call);
  void on_following() override { followed_ = true; }
  void on_frame(std::string_view bytes) override;
  void on_lost() override;

  const Wire::Place place_;
  Directory& directory_;
  const std::string name_;
  bool followed_ = false;
  std::size_t long_ = 0;  // of the streams
  std::map<std::uint64_t, Open> streams_;
  net::Timer timer_;
  std::unique_ptr<bus::Following> following_;
};

}  // namespace tunnel
