// ChannelNames: the names of the channels that sessions of one serving loop subscribe to, each kept once however many
// subscribe, so that a subscription is one number. Thread: its loop's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.hpp"

namespace api {

class ChannelNames {
 public:
  using Number = std::uint32_t;  // from 1; 0 is no channel

  // Every acquire is given back by one release.
  Number acquire(std::string_view name) {
    auto found = numbers_.find(std::string(name));
    if (found == numbers_.end()) {
      if (free_.empty()) {
        free_.push_back(static_cast<Number>(entries_.size() + 1));
        entries_.emplace_back();
      }
      found = numbers_.emplace(name, free_.back()).first;
      entries_[free_.back() - 1] = {&found->first, 0};
      free_.pop_back();
    }
    ++entries_[found->second - 1].uses;
    return found->second;
  }
  void release(Number number) {
    Entry& entry = entries_[number - 1];
    CHECK(entry.uses > 0);
    if (--entry.uses > 0) return;
    free_.push_back(number);
    numbers_.erase(*entry.name);
  }
  // 0 where nobody subscribes to it.
  Number find(std::string_view name) const {
    const auto found = numbers_.find(std::string(name));
    return found == numbers_.end() ? 0 : found->second;
  }
  const std::string& name(Number number) const { return *entries_[number - 1].name; }
  std::size_t size() const { return numbers_.size(); }

 private:
  struct Entry {
    const std::string* name = nullptr;  // the key in numbers_
    std::uint32_t uses = 0;
  };
  std::unordered_map<std::string, Number> numbers_;
  std::vector<Entry> entries_;
  std::vector<Number> free_;
};

}  // namespace api
