// Reading an Engine's JSON leniently: a field that is missing or of another kind is as if it were empty, since engines
// of ten versions and Podman differ in what they leave out. For .cpp files of this room only (Boost.JSON is heavy).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace docker {

// The value at value.a.b.c, or null.
inline const boost::json::value* field(const boost::json::value& value, std::initializer_list<std::string_view> keys) {
  const boost::json::value* at = &value;
  for (const auto key : keys) {
    if (!at->is_object() || (at = at->as_object().if_contains(key)) == nullptr) return nullptr;
  }
  return at;
}

inline std::string string_field(const boost::json::value& value, std::initializer_list<std::string_view> keys) {
  const auto* found = field(value, keys);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

inline std::optional<std::int64_t> integer_field(const boost::json::value& value,
                                                 std::initializer_list<std::string_view> keys) {
  const auto* found = field(value, keys);
  if (found == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

inline bool bool_field(const boost::json::value& value, std::initializer_list<std::string_view> keys) {
  const auto* found = field(value, keys);
  return found != nullptr && found->is_bool() && found->as_bool();
}

inline std::map<std::string, std::string> map_field(const boost::json::value& value,
                                                    std::initializer_list<std::string_view> keys) {
  std::map<std::string, std::string> map;
  const auto* found = field(value, keys);
  if (found == nullptr || !found->is_object()) return map;
  for (const auto& [key, text] : found->as_object()) {
    if (text.is_string()) map.emplace(std::string(key), std::string(text.as_string()));
  }
  return map;
}

inline base::Result<boost::json::value> parse_engine_json(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error)
    return base::Error{base::Fault::protocol, "The Engine answered with broken JSON: " + error.message() + "."};
  return value;
}

}  // namespace docker
