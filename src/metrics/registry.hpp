// Registry: what this instance counts, and its exposition as Prometheus text. One per instance, owned by `app`.
//
// Threads: every series is registered before the loops' threads start, and stays where it is; then any thread changes
// it (one relaxed atomic operation, no lock) and any thread exposes the whole. Label sets are closed: a label value
// comes from an enum or a constant, never from what a client or a container is called, so series do not grow.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace metrics {

class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void add(std::int64_t count) { value_.fetch_add(count, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}
  // `times` observations of one value: a turn that sent a thousand messages at once observes once.
  void observe(double value, std::uint64_t times = 1);

 private:
  friend class Registry;
  const std::vector<double> bounds_;  // upper, ascending; one more bucket has what is above them
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

struct Label {
  std::string name, value;
};
using Labels = std::vector<Label>;

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;

  // The help of a name is that of its first series. A series is registered once.
  Counter& counter(const std::string& name, const std::string& help, Labels labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, Labels labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                       Labels labels = {});

  std::string expose() const;  // text/plain; version=0.0.4

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace metrics
