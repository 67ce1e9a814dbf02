// Family: counters or gauges of one name, one series per value of an enum: `closes[Code::gone].add()`. The enum's
// values are 0, 1, … and `names` has one name for each, so that the label set is closed by construction.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "metrics/registry.hpp"

namespace metrics {

struct FamilyName {
  std::string name, help, label;
  Labels more = {};  // the same for every series
};

template <class Series, class Value, std::size_t count>
class Family {
 public:
  Family(Registry& registry, const FamilyName& family, const std::array<std::string_view, count>& names) {
    for (std::size_t i = 0; i < count; ++i) {
      Labels labels{{family.label, std::string(names[i])}};
      labels.insert(labels.end(), family.more.begin(), family.more.end());
      if constexpr (std::is_same_v<Series, Counter>) {
        series_[i] = &registry.counter(family.name, family.help, std::move(labels));
      } else {
        series_[i] = &registry.gauge(family.name, family.help, std::move(labels));
      }
    }
  }
  Series& operator[](Value value) const { return *series_.at(static_cast<std::size_t>(value)); }

 private:
  std::array<Series*, count> series_;
};

template <class Value, std::size_t count>
using CounterFamily = Family<Counter, Value, count>;
template <class Value, std::size_t count>
using GaugeFamily = Family<Gauge, Value, count>;

}  // namespace metrics
