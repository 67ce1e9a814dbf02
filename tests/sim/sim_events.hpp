// SimEvents: the Engine's events (docker-engine.md 3.6): the last 256 are kept, subscribers have a queue each and are
// silently skipped when it is full. No I/O.
#pragma once

#include <boost/json.hpp>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

struct SimEvent {
  std::string action;
  std::string id;
  std::map<std::string, std::string> attributes;  // image, name, labels, exitCode…
  std::int64_t time = 0;                          // nanoseconds

  std::string json() const;
};

// What `filters` say, in both of their forms; keys are ANDed, values ORed.
class SimFilters {
 public:
  static std::optional<SimFilters> parse(std::string_view json);  // nothing where it is no such object

  bool has(const std::string& key) const { return values_.contains(key); }
  const std::set<std::string>& values(const std::string& key) const;
  // No such key, or one of its values fits.
  bool allows(const std::string& key, const std::function<bool(const std::string& value)>& fits) const;
  // "k" or "k=v", all of which must hold.
  bool allows_labels(const std::map<std::string, std::string>& labels) const;
  bool allows(const SimEvent& event) const;

 private:
  std::map<std::string, std::set<std::string>> values_;
};

class SimEvents {
 public:
  static constexpr std::size_t ring_events = 256, queue_events = 1024;

  struct Subscriber {
    SimFilters filters;
    std::deque<std::string> queue;  // JSON, oldest first
    std::function<void()> wake = [] {};
  };

  void publish(SimEvent event);
  // What the ring still has in [since, until].
  std::vector<std::string> replay(const SimFilters& filters, std::int64_t since, std::int64_t until) const;
  void subscribe(Subscriber& subscriber) { subscribers_.push_back(&subscriber); }
  void unsubscribe(Subscriber& subscriber) { std::erase(subscribers_, &subscriber); }
  void forget() { ring_.clear(); }
  std::size_t subscribers() const { return subscribers_.size(); }
  std::uint64_t skipped() const { return skipped_; }

 private:
  std::deque<SimEvent> ring_;
  std::vector<Subscriber*> subscribers_;
  std::uint64_t skipped_ = 0;
};

}  // namespace sim
