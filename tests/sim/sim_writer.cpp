#include "sim/sim_writer.hpp"

#include <algorithm>
#include <cmath>

#include "net/random.hpp"

namespace sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {
// Of a burst: 50 MB/s. What pipes hold and long lines come on top of it in some files.
constexpr net::Duration per_byte{20};
}  // namespace

SimWriter::SimWriter(net::Loop& loop, SimContainer& container, WriterOptions options)
    : loop_(loop), random_(loop.random()), container_(container), options_(options) {
  job_ = net::Job(run());
}

net::Task<void> SimWriter::run() {
  for (;;) {
    const double pause = -std::log(1 - random_.unit()) / options_.lines_per_second;
    co_await loop_.sleep(net::Duration(static_cast<std::int64_t>(pause * 1e9)));
    std::uint64_t lines = random_.chance(options_.burst_share) ? 1 + random_.below(options_.burst_lines_max) : 1;
    for (; lines > 0; --lines) {
      co_await until_writable();
      const std::uint64_t before = bytes_;
      co_await line();
      if (lines > 1) co_await loop_.sleep(std::max<net::Duration>(microseconds(10), per_byte * (bytes_ - before)));
    }
  }
}

net::Task<void> SimWriter::until_writable() {
  while (!container_.writable()) co_await loop_.sleep(milliseconds(1 + random_.below(10)));
}

net::Task<void> SimWriter::line() {
  const SimStream stream = random_.chance(options_.err_share) ? SimStream::err : SimStream::out;
  const std::string whole = text(stream);
  if (!random_.chance(options_.torn_share)) {
    container_.write(stream, whole);
    co_return;
  }
  const std::size_t cut = random_.below(whole.size());
  container_.write(stream, std::string_view(whole).substr(0, cut));
  container_.write(stream == SimStream::out ? SimStream::err : SimStream::out,
                   text(stream == SimStream::out ? SimStream::err : SimStream::out));
  co_await loop_.sleep(microseconds(random_.below(5'000)));
  co_await until_writable();
  container_.write(stream, std::string_view(whole).substr(cut));
}

std::string SimWriter::text(SimStream stream) {
  const bool out = stream == SimStream::out;
  std::string line = (out ? "o" : "e") + std::to_string(++written_[out ? 0 : 1]) + " ";
  const bool is_long = random_.chance(options_.long_share);
  line.append(1 + random_.below(is_long ? options_.long_bytes_max : options_.bytes_max), out ? 'x' : 'y');
  bytes_ += line.size();
  return line + '\n';
}

}  // namespace sim
