// Rules: how much of which application channel is kept, by patterns of their names. Values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/store.hpp"

namespace messages {

struct Rule {
  std::string pattern;  // of what stands behind "app:"; a * at its end stands for anything
  Limits limits;
  std::size_t message_bytes = 64 << 10;  // of a message's data
};

class Rules {
 public:
  // "chat:*=5000/24h/16KiB": pattern, messages, age, bytes of a message (which may be left out). Nothing where it is
  // none.
  static std::optional<Rule> parse(std::string_view text);

  void add(Rule rule) { rules_.push_back(std::move(rule)); }
  // The first whose pattern fits, of a channel's whole name; else the defaults.
  const Rule& of(std::string_view channel) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace messages
