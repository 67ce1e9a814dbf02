// Headers: header fields in the order they came, found without regard to case (RFC 9110, section 5). A plain value.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct Header {
  std::string name;
  std::string value;
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : list_(headers) {}

  void add(std::string_view name, std::string_view value) { list_.push_back({std::string(name), std::string(value)}); }

  std::size_t count(std::string_view name) const;
  std::optional<std::string_view> find(std::string_view name) const;  // the first of that name
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view()); }
  // The elements of a comma-separated list, over all lines of that name.
  std::vector<std::string_view> list(std::string_view name) const;
  // Does that list hold `token`, without regard to case? ("Connection", "upgrade")
  bool lists(std::string_view name, std::string_view token) const;

  std::size_t size() const { return list_.size(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<Header> list_;
};

bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string lower(std::string_view text);         // ASCII
std::string_view trimmed(std::string_view text);  // without spaces and tabs at its ends
bool is_token(std::string_view text);             // RFC 9110, 5.6.2

}  // namespace http
