// The program in a container whose log is measured; linked statically, so that any image can run it.
//
//     bench_printer LINES BYTES RATE      prints so many more at each SIGUSR1 (RATE a second; 0: as fast as it can)
#include <ctime>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "line.hpp"

namespace {

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

void wait_until(int64_t at_ns) {
  const timespec at{.tv_sec = at_ns / 1'000'000'000, .tv_nsec = at_ns % 1'000'000'000};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  const uint32_t lines = static_cast<uint32_t>(std::atoi(words[1])), bytes = static_cast<uint32_t>(std::atoi(words[2]));
  const double rate = std::atof(words[3]);
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR1);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  if (rate > 0) std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::puts("ready");
  std::fflush(stdout);
  uint32_t sequence = 0;
  for (int signal = 0; sigwait(&wanted, &signal) == 0;) {
    const int64_t start_ns = now_ns();
    for (uint32_t i = 0; i < lines; ++i) {
      if (rate > 0) wait_until(start_ns + static_cast<int64_t>(i * 1e9 / rate));
      std::puts(bench::print_line({0, sequence++, bytes, now_ns() / 1000}).c_str());
    }
    std::fflush(stdout);
  }
}
