#include "integration/real_redis.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/asio_loop.hpp"
#include "net/asio_network.hpp"

namespace integration {
namespace {

const char* program() { return std::getenv("DOCKCAST_TEST_REDIS_SERVER"); }

}  // namespace

bool RealRedis::available() { return program() != nullptr; }

RealRedis::RealRedis() : folder_(::testing::TempDir() + "dockcast-redis-XXXXXX") {
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
}

RealRedis::~RealRedis() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RealRedis::start(const std::vector<std::string>& options) {
  std::vector<std::string> words = {
      program(),      "--port", "0",     "--unixsocket", endpoint().path, "--save",        "",
      "--appendonly", "no",     "--dir", folder_,        "--logfile",     folder_ + "/log"};
  words.insert(words.end(), options.begin(), options.end());
  launch(std::move(words));
}

void RealRedis::start_sentinel(std::uint16_t port, const std::string& lines) {
  const std::string file = folder_ + "/sentinel.conf";
  std::ofstream(file) << "port " << port << "\nbind 127.0.0.1\ndir " << folder_ << "\n" << lines;
  launch({program(), file, "--sentinel"});
}

void RealRedis::launch(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  process_ = ::fork();
  ASSERT_GE(process_, 0);
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR);
    for (const int number : {0, 1, 2}) ::dup2(null, number);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
}

std::vector<std::uint16_t> free_ports(std::size_t count) {
  net::AsioLoop loop;
  net::AsioNetwork network(loop);
  std::vector<std::unique_ptr<net::Listener>> listeners;  // until all are known: no two are the same
  std::vector<std::uint16_t> ports;
  while (ports.size() < count) {
    auto listener = network.listen({.path = {}, .host = "127.0.0.1", .port = 0}, [](net::Accepted) {});
    EXPECT_TRUE(listener);
    if (!listener) break;
    ports.push_back((*listener)->port());
    listeners.push_back(std::move(*listener));
  }
  ports.resize(count);
  return ports;
}

void RealRedis::signal(int number) { ASSERT_EQ(::kill(process_, number), 0); }
void RealRedis::stall() { signal(SIGSTOP); }
void RealRedis::resume() { signal(SIGCONT); }

void RealRedis::kill() {
  if (process_ < 0) return;
  signal(SIGKILL);
  ::waitpid(std::exchange(process_, -1), nullptr, 0);
}

}  // namespace integration
