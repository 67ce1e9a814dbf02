#include "sim/sim_events.hpp"

namespace sim {

namespace json = boost::json;

std::string SimEvent::json() const {
  json::object fields;
  for (const auto& [key, value] : attributes) fields[key] = value;
  const auto image = attributes.find("image");
  json::object event;
  event["status"] = action;
  event["id"] = id;
  event["from"] = image == attributes.end() ? std::string() : image->second;
  event["Type"] = "container";
  event["Action"] = action;
  event["Actor"] = json::object{{"ID", id}, {"Attributes", std::move(fields)}};
  event["scope"] = "local";
  event["time"] = time / 1'000'000'000;
  event["timeNano"] = time;
  return json::serialize(event) + "\n";
}

std::optional<SimFilters> SimFilters::parse(std::string_view text) {
  SimFilters filters;
  if (text.empty()) return filters;
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  for (const auto& [key, values] : value.as_object()) {
    auto& set = filters.values_[std::string(key)];
    if (values.is_array()) {
      for (const auto& one : values.as_array()) {
        if (one.is_string()) set.emplace(one.as_string());
      }
    } else if (values.is_object()) {  // the old form: {"event":{"die":true}}
      for (const auto& [one, yes] : values.as_object()) {
        if (yes.is_bool() && yes.as_bool()) set.emplace(one);
      }
    } else {
      return std::nullopt;
    }
  }
  return filters;
}

const std::set<std::string>& SimFilters::values(const std::string& key) const {
  static const std::set<std::string> none;
  const auto found = values_.find(key);
  return found == values_.end() ? none : found->second;
}

bool SimFilters::allows(const std::string& key, const std::function<bool(const std::string&)>& fits) const {
  if (!has(key)) return true;
  for (const auto& value : values(key)) {
    if (fits(value)) return true;
  }
  return values(key).empty();
}

bool SimFilters::allows_labels(const std::map<std::string, std::string>& labels) const {
  for (const auto& wanted : values("label")) {
    const auto equals = wanted.find('=');
    const auto found = labels.find(wanted.substr(0, equals));
    if (found == labels.end()) return false;
    if (equals != wanted.npos && found->second != wanted.substr(equals + 1)) return false;
  }
  return true;
}

bool SimFilters::allows(const SimEvent& event) const {
  const auto name = event.attributes.find("name");
  return allows("type", [](const std::string& type) { return type == "container"; }) &&
         allows("event",
                [&](const std::string& action) {
                  return event.action == action || event.action.starts_with(action + ":");
                }) &&
         // Fuzzy: a prefix of the id, or of the name.
         allows("container",
                [&](const std::string& who) {
                  return event.id.starts_with(who) || (name != event.attributes.end() && name->second.starts_with(who));
                }) &&
         allows_labels(event.attributes);
}

void SimEvents::publish(SimEvent event) {
  const std::string text = event.json();
  for (auto* subscriber : subscribers_) {
    if (!subscriber->filters.allows(event)) continue;
    if (subscriber->queue.size() >= queue_events) {
      ++skipped_;
      continue;
    }
    subscriber->queue.push_back(text);
    subscriber->wake();
  }
  ring_.push_back(std::move(event));
  if (ring_.size() > ring_events) ring_.pop_front();
}

std::vector<std::string> SimEvents::replay(const SimFilters& filters, std::int64_t since, std::int64_t until) const {
  std::vector<std::string> found;
  for (const auto& event : ring_) {
    if (event.time >= since && event.time <= until && filters.allows(event)) found.push_back(event.json());
  }
  return found;
}

}  // namespace sim
