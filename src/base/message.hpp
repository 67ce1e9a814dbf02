// Message: a JSON object written by hand, field after field: what a client is sent (protocol.md, "Server → client").
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_text.hpp"

namespace base {

class Message {
 public:
  Message() : text_("{") {}
  explicit Message(std::string_view type) : Message() { text("type", type); }

  Message& text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(text_, value);
    return *this;
  }
  Message& text_if(std::string_view name, std::string_view value) { return value.empty() ? *this : text(name, value); }
  // `json`: a whole JSON value.
  Message& raw(std::string_view name, std::string_view json) {
    begin(name);
    text_ += json;
    return *this;
  }
  Message& raw_if(std::string_view name, std::string_view json) { return json.empty() ? *this : raw(name, json); }
  Message& number(std::string_view name, std::integral auto value) { return raw(name, std::to_string(value)); }
  Message& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  // Values that are whole JSON already.
  template <class Values>
  Message& list(std::string_view name, const Values& values) {
    begin(name);
    char separator = '[';
    for (const auto& value : values) {
      text_ += std::exchange(separator, ',');
      text_ += value;
    }
    text_ += separator == '[' ? "[]" : "]";
    return *this;
  }
  std::string take() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
  }
  std::string text_;
};

}  // namespace base
