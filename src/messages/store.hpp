// Store: what was published on application channels: kept for a while, each message once, in one order. The seam
// between feeds and Redis. Implementations: MemoryStore (this process alone), RedisStore (redis_store.hpp); one
// contract suite judges both.
//
// What is stored is published on the Bus' channel of the same name at the same moment, as a frame (message.hpp), at
// most once like everything there: the store is the truth. Thread: its loop's. Bounds: Limits, and those of whoever
// asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "messages/message.hpp"
#include "messages/state.hpp"
#include "net/task.hpp"

namespace messages {

// How much of a channel is kept.
struct Limits {
  std::uint64_t messages = 1000;
  net::Duration age = std::chrono::hours(1);  // what is older is not shown any more
};

struct Publication {
  std::string channel = {};     // "app:chat"; without braces, since Redis' keys are made with them
  std::string from = {};        // subject
  std::string message_id = {};  // as the publisher gave it; may be empty
  std::string once = {};        // what tells a retry from a second message, with `from`; never empty
  net::Duration once_for = std::chrono::minutes(5);
  std::string call =
      {};  // of who asks again until it knows: what this call itself has stored is no duplicate; may be empty
  std::string data = {};  // JSON
  Limits limits = {};
};

struct Published {
  Position position;  // of a duplicate: the first one's
  bool duplicate = false;
};

// Which messages: strictly after, or strictly before an offset; the newest without either. At most so many (10,000),
// and no more once they have that many bytes of body (16 MiB; one at least): a reply of Redis has a bound.
struct Range {
  std::optional<std::uint64_t> after = {}, before = {};
  std::size_t messages_max = 100;
  std::size_t bytes_max = 256 << 10;
};

struct Page {
  State state;
  std::vector<Message> items;  // consecutive, oldest first
};

class Store {
 public:
  virtual ~Store() = default;
  // Errors: `timed_out` and `closed`, unknown: asked again with the same `once` it says which. All others: not stored.
  virtual net::Task<base::Result<Published>> publish(Publication publication) = 0;
  // Says that the channel is in use, too: one that is neither read nor published on for `age` and a day is forgotten.
  virtual net::Task<base::Result<Page>> read(std::string channel, Range range, Limits limits) = 0;
};

inline constexpr net::Duration remembered_for = std::chrono::days(1);  // a channel, after its last message's age

// What no store takes: too_large where its frame were too large for the bus, bad_request for a channel with braces.
base::Result<void> judge(const Publication& publication);
base::Result<void> judge(std::string_view channel);
Range bounded(Range range);

}  // namespace messages
