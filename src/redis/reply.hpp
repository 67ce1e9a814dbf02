// Reply: one answer of Redis (RESP2), and how to read and write RESP. hiredis parses; no socket is here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct redisReader;

namespace redis {

struct Reply {
  enum class Kind : std::uint8_t { nil, text, status, error, integer, array };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;  // of text, status and error
  std::vector<Reply> items;
};

// Bytes in, replies out. Bounds: an unfinished reply of at most `bytes_max`, an array of at most 100,000 items.
// After an error nothing more can be read: the connection is useless.
class ReplyReader {
 public:
  explicit ReplyReader(std::size_t bytes_max);
  base::Result<void> feed(std::string_view bytes);
  base::Result<std::optional<Reply>> next();  // nullopt: not complete yet

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t bytes_max_;
};

void append_command(std::string& out, std::span<const std::string_view> parts);

}  // namespace redis
