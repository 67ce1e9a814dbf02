// RedisStore: a channel is a Stream and a hash, changed and read by scripts that first make sure of the data set that
// they are in (publish.lua, read.lua; open.lua begins an epoch where it is another one). Every key of a channel is on
// one slot. Thread: its loop's. The Client outlives it; it is one that nobody else's commands wait behind, since
// replies may be large.
#pragma once

#include "messages/store.hpp"
#include "redis/client.hpp"

namespace messages {

class RedisStore final : public Store {
 public:
  RedisStore(net::Loop& loop, redis::Client& client, std::string prefix = "dockcast:");

  net::Task<base::Result<Published>> publish(Publication publication) override;
  net::Task<base::Result<Page>> read(std::string channel, Range range, Limits limits) override;

 private:
  struct Call {
    const redis::Script& script;
    std::string channel;
    Limits limits;
    std::vector<std::string> keys, arguments;
  };
  std::string key(std::string_view kind, const std::string& channel) const;
  // The script's answer, once it knows the data set.
  net::Task<base::Result<redis::Reply>> run(Call call);
  net::Task<base::Result<redis::Reply>> open(const Call& call);

  net::Loop& loop_;
  redis::Client& client_;
  const std::string prefix_;
};

}  // namespace messages
