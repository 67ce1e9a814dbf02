#include "net/sim_sockets.hpp"

#include <gtest/gtest.h>

#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/talk.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

// Sends as much as it may, whenever it is told that it may.
struct Pourer : ClientSockets::Owner {
  ClientSockets& sockets;
  std::string_view left;
  int socket = -1;
  Pourer(ClientSockets& sockets_in, std::string_view text) : sockets(sockets_in), left(text) {
    sockets.set_owner(*this);
  }
  void on_ready(std::uint32_t, ClientSockets::Ready ready) override {
    while (ready.writable && !left.empty()) {
      const iovec part{const_cast<char*>(left.data()), left.size()};
      const Transfer went = sockets.send(socket, {&part, 1});
      if (went.state != Transfer::State::done) return;
      left.remove_prefix(went.bytes);
    }
  }
  void on_turn_end() override {}
};

TEST(SimSockets, WhoWaitsForRoomIsToldOfItOnEverySeed) {
  SimFaults faults;
  faults.slice = faults.short_send = 0.3;
  const std::string text = numbered(400'000);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimWorld world(seed, faults);
    SimLoop& here = world.host("here").make_loop();
    SimLoop& there = world.host("there").make_loop();
    SimNetwork network(here), its_network(there);
    SimSockets sockets(here);
    Pourer pourer(sockets, text);
    const Endpoint door{.path = {}, .host = "here", .port = 7};
    const auto listener =
        network.listen(door, [&](Accepted one) { pourer.socket = sockets.add(std::move(one.socket), 1); });
    Ended<StreamPtr> out;
    const Job dials(dial(its_network, door, out));
    ASSERT_TRUE(world.run_until([&] { return out.has_value(); }, 10s));
    std::string heard;
    Ended<void> ended;
    const Job reads(read_all(***out, heard, ended));
    ASSERT_TRUE(world.run_until([&] { return heard.size() == text.size(); }, 300s)) << "seed " << seed;
    EXPECT_TRUE(heard == text);
  }
}

}  // namespace
}  // namespace net
