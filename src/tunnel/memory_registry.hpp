// MemoryRegistry: for tests of those who stand on a Registry. Thread: its loop's.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "tunnel/registry.hpp"

namespace tunnel {

class MemoryRegistry final : public Registry {
 public:
  explicit MemoryRegistry(net::Loop& loop) : loop_(loop) {}

  void note(const std::string& engine) override {
    if (broken()) begun_ = loop_.now();
    noted_[engine] = loop_.now();
  }
  void look(OnRecord on_record) override {
    loop_.post([this, alive = std::weak_ptr(alive_), on_record = std::move(on_record)]() mutable {
      if (alive.lock()) on_record(record());
    });
  }
  // Instead of what was noted; none: again that.
  void refuse(std::optional<base::Error> error) { refusal_ = std::move(error); }

 private:
  base::Result<Record> record() const {
    if (refusal_) return *refusal_;
    Record record;
    for (const auto& [engine, at] : noted_) record.engines.push_back({engine, loop_.now() - at});
    std::erase_if(record.engines, [](const Entry& each) { return each.age > kept; });
    if (!broken()) record.age = loop_.now() - begun_;
    return record;
  }
  bool broken() const {
    return std::none_of(noted_.begin(), noted_.end(),
                        [this](const auto& each) { return loop_.now() - each.second <= silence_max; });
  }

  net::Loop& loop_;
  std::map<std::string, net::Instant> noted_;
  net::Instant begun_{};
  std::optional<base::Error> refusal_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace tunnel
