// For tests: small coroutines that dial, read and write, and say how it ended.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/network.hpp"

namespace net {

using StreamPtr = std::unique_ptr<Stream>;
template <class T>
using Ended = std::optional<base::Result<T>>;

inline Task<void> dial(Network& network, Endpoint endpoint, Ended<StreamPtr>& out) {
  auto stream = co_await network.dial(std::move(endpoint));
  out.emplace(std::move(stream));
}

inline Task<void> read_once(Stream& stream, Ended<std::string>& out) {
  std::string buffer(4096, '\0');
  auto count = co_await stream.read_some(buffer);
  if (!count) {
    out.emplace(count.error());
  } else {
    buffer.resize(*count);
    out.emplace(std::move(buffer));
  }
}

inline Task<void> read_all(Stream& stream, std::string& into, Ended<void>& end) {
  std::string buffer(50'000, '\0');
  for (;;) {
    auto count = co_await stream.read_some(buffer);
    if (!count) {
      end.emplace(count.error());
      co_return;
    }
    if (*count == 0) break;
    into.append(buffer, 0, *count);
  }
  end.emplace();
}

inline Task<void> write(Stream& stream, std::string_view text, Ended<void>& out) {
  auto result = co_await stream.write(text);
  out.emplace(std::move(result));
}

// No two places in it look alike.
inline std::string numbered(std::size_t bytes) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < bytes; ++i) text += std::to_string(i * 7919) + ",";
  text.resize(bytes);
  return text;
}

}  // namespace net
