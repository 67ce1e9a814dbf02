// What only the real net has: unix sockets in the file system, names, and an end of descriptors.
#include "net/asio_network.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "net/descriptor.hpp"
#include "net/socket_address.hpp"
#include "net/talk.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

struct AsioNetworkTest : ::testing::Test {
  AsioLoop loop;
  AsioNetwork network{loop};
  std::vector<Accepted> accepted;
  const std::string folder = ::testing::TempDir() + "net_" + std::to_string(::getpid());

  AsioNetworkTest() { std::filesystem::create_directories(folder); }
  ~AsioNetworkTest() override { std::filesystem::remove_all(folder); }

  base::Result<std::unique_ptr<Listener>> listen(Endpoint endpoint) {
    return network.listen(std::move(endpoint), [this](Accepted one) { accepted.push_back(std::move(one)); });
  }
  base::Result<StreamPtr> dialled(Endpoint endpoint) {
    Ended<StreamPtr> out;
    const Job job(dial(network, std::move(endpoint), out));
    EXPECT_TRUE(loop.run_until([&] { return out.has_value(); }, 20s));
    return std::move(*out);
  }
  Endpoint path(const std::string& name) const { return {.path = folder + "/" + name, .host = {}, .port = 0}; }
};

TEST_F(AsioNetworkTest, AUnixSocketIsServedAndItsFileGoesWithTheListener) {
  {
    const auto listener = listen(path("a.sock"));
    ASSERT_TRUE(listener.has_value()) << listener.error().message;
    EXPECT_EQ((*listener)->port(), 0);
    EXPECT_TRUE(dialled(path("a.sock")).has_value());
    EXPECT_TRUE(loop.run_until([this] { return accepted.size() == 1; }, 20s));
    EXPECT_EQ(accepted[0].peer.to_string(), "");
  }
  EXPECT_FALSE(std::filesystem::exists(folder + "/a.sock"));
  EXPECT_EQ(dialled(path("a.sock")).error().fault, base::Fault::refused);
}

TEST_F(AsioNetworkTest, ASocketFileThatNobodyServesIsReplacedAndOneThatIsServedIsNot) {
  {
    const auto address = known_addresses(path("a.sock"))->front();
    const Socket abandoned = owned_descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(abandoned.number(), address.get(), address.length), 0);
  }
  const auto listener = listen(path("a.sock"));
  ASSERT_TRUE(listener.has_value()) << listener.error().message;
  EXPECT_EQ(listen(path("a.sock")).error().fault, base::Fault::conflict);
  EXPECT_TRUE(dialled(path("a.sock")).has_value());
}

TEST_F(AsioNetworkTest, APathThatIsTooLongIsSaidToBe) {
  EXPECT_EQ(dialled(path(std::string(200, 'x'))).error().fault, base::Fault::bad_request);
}

TEST_F(AsioNetworkTest, NamesAreLookedUpAndEveryAddressOfOneIsTried) {
  const auto listener = listen({.path = {}, .host = "::1", .port = 0});
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
  const std::uint16_t port = (*listener)->port();
  EXPECT_TRUE(dialled({.path = {}, .host = "localhost", .port = port}).has_value());  // 127.0.0.1 refuses
  ASSERT_TRUE(loop.run_until([this] { return accepted.size() == 1; }, 20s));
  EXPECT_TRUE(accepted[0].peer.to_string().starts_with("[::1]:"));
  const auto on_four = listen({.path = {}, .host = "0.0.0.0", .port = 0});
  ASSERT_TRUE(on_four.has_value());
  // Not an address as we read them, but the resolver knows it without asking anybody.
  EXPECT_TRUE(dialled({.path = {}, .host = "127.1", .port = (*on_four)->port()}).has_value());
}

TEST_F(AsioNetworkTest, ALookUpMayBeDropped) {
  Ended<StreamPtr> out;
  { const Job job(dial(network, {.path = {}, .host = "127.1", .port = 1}, out)); }
  bool over = false;
  const Timer timer = loop.after(20ms, [&over] { over = true; });
  EXPECT_TRUE(loop.run_until([&over] { return over; }, 20s));
  EXPECT_FALSE(out.has_value());
}

// No more descriptors than are open now, while it lives.
struct NoDescriptors {
  rlimit before{};
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    const rlimit none{static_cast<rlim_t>(lowest_free), before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
};

TEST_F(AsioNetworkTest, WhoComesWhenDescriptorsHaveRunOutIsRefusedAndTheNextAreServed) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan looks at an object's type through a pipe, for which there would be no descriptors";
#endif
  const auto listener = listen({.path = {}, .host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(listener.has_value());
  const Endpoint door{.path = {}, .host = "127.0.0.1", .port = (*listener)->port()};
  const auto address = known_addresses(door)->front();
  std::vector<StreamPtr> clients;
  for (int i = 0; i < 5; ++i) {  // in the backlog, since the loop does not run
    Socket client = owned_descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.number(), address.get(), address.length), 0);
    clients.push_back(network.adopt(std::move(client)));
  }
  {
    const NoDescriptors none;
    for (const auto& client : clients) {
      Ended<std::string> heard;
      const Job job(read_once(*client, heard));
      ASSERT_TRUE(loop.run_until([&] { return heard.has_value(); }, 20s));
      EXPECT_TRUE(!*heard || (*heard)->empty());
    }
  }
  EXPECT_TRUE(accepted.empty());
  EXPECT_EQ((*listener)->refused(), clients.size());
  EXPECT_TRUE(dialled(door).has_value());
  EXPECT_TRUE(loop.run_until([this] { return accepted.size() == 1; }, 20s));
}

}  // namespace
}  // namespace net
