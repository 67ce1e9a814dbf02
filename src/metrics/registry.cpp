#include "metrics/registry.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <variant>

#include "base/check.hpp"

namespace metrics {
namespace {

template <class Value>
struct Series {
  template <class... Args>
  explicit Series(Labels labels_in, Args&&... args)
      : labels(std::move(labels_in)), value(std::forward<Args>(args)...) {}
  Labels labels;
  Value value;
};

using prometheus::ClientMetric;
using prometheus::MetricType;

}  // namespace

struct Registry::Families {
  // A deque never moves what stands in it: references stay good.
  template <class Value>
  using All = std::deque<Series<Value>>;
  struct Named {
    std::string help;
    std::variant<All<Counter>, All<Gauge>, All<Histogram>> series;
  };
  std::map<std::string, Named> by_name;

  template <class Value, class... Args>
  Value& add(const std::string& name, const std::string& help, Labels labels, Args&&... args) {
    auto [found, is_new] = by_name.try_emplace(name);
    if (is_new) found->second = Named{help, All<Value>{}};
    auto* all = std::get_if<All<Value>>(&found->second.series);
    CHECK(all != nullptr);
    return all->emplace_back(std::move(labels), std::forward<Args>(args)...).value;
  }

  static MetricType read(const Counter& counter, ClientMetric& out) {
    out.counter.value = static_cast<double>(counter.value());
    return MetricType::Counter;
  }
  static MetricType read(const Gauge& gauge, ClientMetric& out) {
    out.gauge.value = static_cast<double>(gauge.value());
    return MetricType::Gauge;
  }
  static MetricType read(const Histogram& histogram, ClientMetric& out) {
    for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
      out.histogram.sample_count += histogram.counts_[i].load(std::memory_order_relaxed);
      if (i < histogram.bounds_.size())
        out.histogram.bucket.push_back({out.histogram.sample_count, histogram.bounds_[i]});
    }
    out.histogram.sample_sum = histogram.sum_.load(std::memory_order_relaxed);
    return MetricType::Histogram;
  }
};

void Histogram::observe(double value, std::uint64_t times) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(times, std::memory_order_relaxed);
  sum_.fetch_add(value * static_cast<double>(times), std::memory_order_relaxed);
}

Registry::Registry() : families_(std::make_unique<Families>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(const std::string& name, const std::string& help, Labels labels) {
  return families_->add<Counter>(name, help, std::move(labels));
}

Gauge& Registry::gauge(const std::string& name, const std::string& help, Labels labels) {
  return families_->add<Gauge>(name, help, std::move(labels));
}

Histogram& Registry::histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                               Labels labels) {
  return families_->add<Histogram>(name, help, std::move(labels), std::move(bounds));
}

std::string Registry::expose() const {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& [name, family] : families_->by_name) {
    prometheus::MetricFamily& out = all.emplace_back();
    out.name = name;
    out.help = family.help;
    const auto add = [&](const auto& series) {
      for (const auto& each : series) {
        ClientMetric& metric = out.metric.emplace_back();
        for (const Label& label : each.labels) metric.label.push_back({label.name, label.value});
        out.type = Families::read(each.value, metric);
      }
    };
    std::visit(add, family.series);
  }
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace metrics
